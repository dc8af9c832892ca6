/**
 * What became of a batch of a durable run: there are more, the run has ended (or there is none), or it has to wait for
 * another run's end.
 */
export type BatchOutcome = 'more' | 'ended' | 'waits';

import type { Clock } from '../process/clock.ts';
import { assertInStep, type ClockSkew, pauseWhileOutOfStep } from '../process/clockSkew.ts';
import type { Log } from '../process/log.ts';
import { type Loop, startLoop } from '../process/loop.ts';
import { Unavailable } from '../process/refusal.ts';
import type { Broker } from './broker.ts';

/**
 * What became of a batch of a durable run: there are more, the run has ended (or there is none), or it has to wait for
 * another run's end.
 */
export type BatchOutcome = 'more' | 'ended' | 'waits';

/** How often unfinished runs are looked for that no notification told of, in milliseconds. */
const intervalMs = 2_000;

/** A run that has not got further for this long is taken up by another worker, in milliseconds. */
const standstillMs = 5_000;

/** A kind of durable run: background work that goes in batches. */
export interface Runs {
  /** The queue's name; also what is logged. */
  readonly name: string;
  /** Runs that wait, or have not got further since that moment. */
  findUnfinished(stillSince: Date): Promise<{ id: string; progressedAt: Date }[]>;
  /** One committed batch; anything but `more` ends the job. */
  runBatch(id: string): Promise<BatchOutcome>;
}

/**
 * Works off durable runs: each is a row with a cursor, and a job is only a hint to go on with
 * it. A loop enqueues whatever waits or stands still, so that neither a killed worker nor a wiped queue stops a run;
 * two workers on one run take turns at its row's lock.
 */
export function startRuns(options: Runs & { broker: Broker; clock: Clock; skew: ClockSkew; log: Log }): Loop {
  const { name, broker, clock, skew, log } = options;
  let stopping = false;
  // Right after a start, whatever is unfinished stands still: its worker was most likely this one's predecessor.
  let patienceMs = 0;
  const queue = broker.queue(name);
  const worker = broker.worker<{ id: string }, BatchOutcome | 'stopped'>(
    name,
    async ({ data }) => {
      while (!stopping) {
        assertInStep(skew);
        const outcome = await options.runBatch(data.id);
        if (outcome !== 'more') return outcome;
      }
      return 'stopped';
    },
    { concurrency: 1 },
  );
  pauseWhileOutOfStep(worker, skew);
  worker.on('failed', (job, error) => {
    // That the clocks do not agree has been said.
    if (error instanceof Unavailable) return;
    log.warn(
      { err: error },
      `${name}: a batch of ${job?.data.id} failed (${error.message}); it is tried again from its last commit`,
    );
  });
  const loop = startLoop({
    what: `looking for unfinished ${name}`,
    intervalMs,
    skew,
    log,
    run: async () => {
      const unfinished = await options.findUnfinished(new Date(clock.now().getTime() - patienceMs));
      patienceMs = standstillMs;
      for (const { id, progressedAt } of unfinished) {
        // A new id per standstill: the job of the last one may hang with a worker that is gone.
        await queue.add(name, { id }, { jobId: `${id}-${progressedAt.getTime()}` });
      }
    },
  });
  return {
    wake: loop.wake,
    async stop() {
      stopping = true;
      await loop.stop();
    },
  };
}

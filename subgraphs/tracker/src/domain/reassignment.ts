/**
 * The states of a reassignment: QUEUED → RUNNING → COMPLETED. A QUEUED or RUNNING one may become CANCELLED or
 * SUPERSEDED; a RUNNING one becomes FAILED where no user is eligible any more. All states but QUEUED and RUNNING are
 * final.
 */
export type ReassignmentStatus = 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'SUPERSEDED' | 'CANCELLED' | 'FAILED';

export interface Reassignment {
  readonly id: string;
  readonly status: ReassignmentStatus;
  readonly requestedById: string;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly total: number;
  readonly processed: number;
  readonly supersededById: string | null;
}

/** True where a reassignment has ended, and will not change any more. */
export const isEnded = ({ status }: Reassignment): boolean => status !== 'QUEUED' && status !== 'RUNNING';

/** What a press does while another run is under way: stops it and starts over, returns it, or queues a new one. */
export type OnRunning = 'SUPERSEDE' | 'JOIN' | 'QUEUE';

/** The unfinished reassignments that a press finds. */
export interface Unfinished {
  readonly running: Reassignment | undefined;
  readonly queued: Reassignment | undefined;
  /** SUPERSEDE locks the run that it finds first. Where `running` is not locked, it has started since. */
  readonly isRunningLocked: boolean;
}

export interface PressOutcome {
  /** The reassignment that the press returns; null where it queues a new one. */
  readonly existing: Reassignment | null;
  /** The run that the press stops, in favour of the one that it returns. */
  readonly supersede: Reassignment | null;
}

/**
 * Decides what a press does (rule 6). A run that has started since the press covers all tasks that were open at the
 * press, so SUPERSEDE returns it instead of starting over.
 */
export function decidePress(
  onRunning: OnRunning,
  { running, queued, isRunningLocked }: Unfinished,
): PressOutcome {
  const next = queued ?? null;
  if (!running || onRunning === 'QUEUE') return { existing: next, supersede: null };
  if (onRunning === 'SUPERSEDE' && isRunningLocked) return { existing: next, supersede: running };
  return { existing: running, supersede: null };
}

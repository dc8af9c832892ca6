/**
 * One press of 'reassign'. QUEUED → RUNNING → COMPLETED; a QUEUED or RUNNING one may become CANCELLED or SUPERSEDED;
 * a RUNNING one FAILED, where nobody is eligible any more. Only the first two are not ends.
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

/** Whether nothing about it will change any more. */
export const isEnded = ({ status }: Reassignment): boolean => status !== 'QUEUED' && status !== 'RUNNING';

/** What a press does while another run is under way: stops it and starts over, hands it back, or waits its turn. */
export type OnRunning = 'SUPERSEDE' | 'JOIN' | 'QUEUE';

/** What a press finds. */
export interface Unfinished {
  readonly running: Reassignment | undefined;
  readonly queued: Reassignment | undefined;
  /** SUPERSEDE locks what runs when the press comes in; where `running` is not locked, it has started since. */
  readonly isRunningLocked: boolean;
}

export interface PressOutcome {
  /** What the press answers with; null for a new reassignment, which waits its turn. */
  readonly handBack: Reassignment | null;
  /** What it stops, in favour of what it answers with. */
  readonly supersede: Reassignment | null;
}

/**
 * Rule 6: what a press does, given what runs and what waits. A run that has started since the press draws all that was
 * open at the press, so there is nothing to start over: SUPERSEDE hands it back.
 */
export function decidePress(
  onRunning: OnRunning,
  { running, queued, isRunningLocked }: Unfinished,
): PressOutcome {
  const next = queued ?? null;
  if (!running || onRunning === 'QUEUE') return { handBack: next, supersede: null };
  if (onRunning === 'SUPERSEDE' && isRunningLocked) return { handBack: next, supersede: running };
  return { handBack: running, supersede: null };
}

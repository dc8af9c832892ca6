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

export type OnRunning = 'SUPERSEDE' | 'JOIN' | 'QUEUE';

/** What a press leads to: an existing reassignment is handed back, or a new one waits and perhaps supersedes one. */
export type PressOutcome =
  | { readonly kind: 'hand back'; readonly reassignment: Reassignment }
  | { readonly kind: 'enqueue' }
  | { readonly kind: 'supersede'; readonly running: Reassignment; readonly by: Reassignment | null };

/** Rule 6: what a press does, given the one that runs and the one that waits. */
export function decidePress(
  onRunning: OnRunning,
  running: Reassignment | undefined,
  queued: Reassignment | undefined,
): PressOutcome {
  if (onRunning === 'SUPERSEDE' && running) return { kind: 'supersede', running, by: queued ?? null };
  if (onRunning === 'JOIN' && running) return { kind: 'hand back', reassignment: running };
  if (queued) return { kind: 'hand back', reassignment: queued };
  return { kind: 'enqueue' };
}

import { hintAfterCommit } from '@ates/kit/hints';
import type { LiveViews, View } from '@ates/kit/live';
import type { Lane } from '@ates/kit/outbox';
import type { Kysely, Transaction } from 'kysely';
import { isEnded, type Reassignment } from './domain/reassignment.ts';
import { changesOf, type TaskChange } from './domain/taskChange.ts';
import { findReassignments } from './reassignmentRepository.ts';
import type { TrackerTables } from './tables.ts';
import { readOpenTasks } from './taskRepository.ts';

const openTasks = 'open tasks';
const reassignments = 'reassignments';

/** What subscriptions look at. */
export interface Live {
  /** What happens to a user's open tasks, by user. */
  readonly openTasks: View<TaskChange>;
  /** How far a run is, by run. */
  readonly reassignments: View<Reassignment>;
}

export function openLive(views: LiveViews, db: Kysely<TrackerTables>): Live {
  return {
    openTasks: views.add({
      topic: openTasks,
      intervalMs: 100,
      read: (userIds) => readOpenTasks(db, userIds),
      tell: changesOf,
    }),
    reassignments: views.add({
      topic: reassignments,
      intervalMs: 100,
      read: async (ids) => new Map((await findReassignments(db, ids)).map((run) => [run.id, run])),
      tell: (told: Reassignment | undefined, now) =>
        told?.status === now.status && told.processed === now.processed ? [] : [now],
      isOver: isEnded,
    }),
  };
}

/** Tells that users have other open tasks than before; null where it may be anybody. */
export function hintOpenTasks(
  trx: Transaction<TrackerTables>,
  userIds: readonly string[] | null,
  lane: Lane,
): void {
  hintAfterCommit(trx, { topic: openTasks, keys: userIds, lane });
}

/** Tells that a run has got further, or has ended. */
export function hintProgress(trx: Transaction<TrackerTables>, reassignmentId: string): void {
  hintAfterCommit(trx, { topic: reassignments, keys: [reassignmentId], lane: 'interactive' });
}

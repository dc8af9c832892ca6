import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { LiveViews, View } from '@ates/kit/live/liveViews';
import type { Kysely } from 'kysely';
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

/** These users have other open tasks than before. */
export function hintOpenTasks(work: UnitOfWork<TrackerTables>, userIds: readonly string[]): void {
  work.hint(openTasks, userIds, 'interactive');
}

/** Any user may have other open tasks than before: by a reassignment, tasks also leave those who had them. */
export function hintOpenTasksOfAll(work: UnitOfWork<TrackerTables>): void {
  work.hint(openTasks, null, 'bulk');
}

/** A run has got further, or has ended. */
export function hintProgress(work: UnitOfWork<TrackerTables>, reassignmentId: string): void {
  work.hint(reassignments, [reassignmentId], 'interactive');
}

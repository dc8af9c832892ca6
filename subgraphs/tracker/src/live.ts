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

/** Tracker's live views. */
export interface Live {
  /** The changes of a user's open tasks, by user. */
  readonly openTasks: View<TaskChange>;
  /** The progress of a run, by run. */
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

/** Hints that the open tasks of these users have changed. */
export function hintOpenTasks(work: UnitOfWork<TrackerTables>, userIds: readonly string[]): void {
  work.hint(openTasks, userIds, 'interactive');
}

/** Hints that any user's open tasks may have changed: a reassignment also takes tasks from their holders. */
export function hintOpenTasksOfAll(work: UnitOfWork<TrackerTables>): void {
  work.hint(openTasks, null, 'bulk');
}

/** Hints that a run has progressed or has ended. */
export function hintProgress(work: UnitOfWork<TrackerTables>, reassignmentId: string): void {
  work.hint(reassignments, [reassignmentId], 'interactive');
}

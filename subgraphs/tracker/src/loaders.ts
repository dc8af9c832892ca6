import { byId, byOptions } from '@ates/kit/graph/loaders';
import { type Page, toPage } from '@ates/kit/graph/page';
import DataLoader from 'dataloader';
import type { Kysely } from 'kysely';
import type { Reassignment } from './domain/reassignment.ts';
import type { Assignment, Task, TaskStatus } from './domain/task.ts';
import { findReassignments } from './reassignmentRepository.ts';
import type { TrackerTables } from './tables.ts';
import { countOpenTasks, findTasks, listAssignmentsOfTasks, listTasksOfUsers } from './taskRepository.ts';

/** The batched reads of one request: each kind of read is one statement, for however many entities. */
export interface Loaders {
  readonly tasks: DataLoader<string, Task | null>;
  readonly reassignments: DataLoader<string, Reassignment | null>;
  readonly openTaskCounts: DataLoader<string, number>;
  tasksOfUser(
    userId: string,
    options: { status: TaskStatus | null; first: number; after: string | null },
  ): Promise<Page<Task>>;
  assignmentsOfTask(
    taskId: string,
    options: { first: number; after: string | null },
  ): Promise<Page<Assignment>>;
}

export function createLoaders(db: Kysely<TrackerTables>): Loaders {
  const noPage = () => toPage<never>([], 1, () => '');
  return {
    tasks: byId((ids) => findTasks(db, ids)),
    reassignments: byId((ids) => findReassignments(db, ids)),
    openTaskCounts: new DataLoader(async (ids) => {
      const counts = await countOpenTasks(db, ids);
      return ids.map((id) => counts.get(id) ?? 0);
    }),
    tasksOfUser: byOptions((ids, options) => listTasksOfUsers(db, ids, options), noPage),
    assignmentsOfTask: byOptions((ids, options) => listAssignmentsOfTasks(db, ids, options), noPage),
  };
}

import { byId, byOptions } from '@ates/kit/graph/loaders';
import type { Page, PageArguments } from '@ates/kit/graph/page';
import DataLoader from 'dataloader';
import type { Kysely } from 'kysely';
import type { Node } from './domain/node.ts';
import type { Reassignment } from './domain/reassignment.ts';
import type { Assignment, Task, TaskStatus } from './domain/task.ts';
import { findNodes } from './nodeRepository.ts';
import { findReassignments } from './reassignmentRepository.ts';
import type { TrackerTables } from './tables.ts';
import { countOpenTasks, findTasks, listAssignmentsOfTasks, listTasksOfUsers } from './taskRepository.ts';

/** The batched reads of one request: each kind of read is one statement, for however many entities. */
export interface Loaders {
  readonly nodes: DataLoader<string, Node | null>;
  readonly tasks: DataLoader<string, Task | null>;
  readonly reassignments: DataLoader<string, Reassignment | null>;
  readonly openTaskCounts: DataLoader<string, number>;
  tasksOfUser(
    userId: string,
    options: PageArguments<string> & { status: TaskStatus | null },
  ): Promise<Page<Task>>;
  assignmentsOfTask(taskId: string, page: PageArguments<string>): Promise<Page<Assignment>>;
}

export function createLoaders(db: Kysely<TrackerTables>): Loaders {
  return {
    nodes: byId((ids) => findNodes(db, ids)),
    tasks: byId((ids) => findTasks(db, ids)),
    reassignments: byId((ids) => findReassignments(db, ids)),
    openTaskCounts: new DataLoader(async (ids) => {
      const counts = await countOpenTasks(db, ids);
      return ids.map((id) => counts.get(id) ?? 0);
    }),
    tasksOfUser: byOptions((ids, options) => listTasksOfUsers(db, ids, options)),
    assignmentsOfTask: byOptions((ids, page) => listAssignmentsOfTasks(db, ids, page)),
  };
}

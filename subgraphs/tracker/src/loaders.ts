import { type Page, toPage } from '@ates/kit/page';
import DataLoader from 'dataloader';
import type { Kysely } from 'kysely';
import type { Reassignment } from './domain/reassignment.ts';
import type { Assignment, Task, TaskStatus } from './domain/task.ts';
import { findReassignments } from './reassignmentRepository.ts';
import type { TrackerTables } from './tables.ts';
import { countOpenTasks, findTasks, listAssignmentsOfTasks, listTasksOfUsers } from './taskRepository.ts';

/** Reads of one request, gathered: however many entities ask, each kind of read is one statement. */
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
  const byId = <Row extends { id: string }>(find: (ids: readonly string[]) => Promise<Row[]>) =>
    new DataLoader<string, Row | null>(async (ids) => {
      const rows = new Map((await find(ids)).map((row) => [row.id, row]));
      return ids.map((id) => rows.get(id) ?? null);
    });
  const none = () => toPage<never>([], 1, () => '');
  const taskPages = byOptions(
    (options: Parameters<Loaders['tasksOfUser']>[1]) => (ids: readonly string[]) =>
      listTasksOfUsers(db, ids, options),
    none,
  );
  const assignmentPages = byOptions(
    (options: Parameters<Loaders['assignmentsOfTask']>[1]) => (ids: readonly string[]) =>
      listAssignmentsOfTasks(db, ids, options),
    none,
  );
  return {
    tasks: byId((ids) => findTasks(db, ids)),
    reassignments: byId((ids) => findReassignments(db, ids)),
    openTaskCounts: new DataLoader(async (ids) => {
      const counts = await countOpenTasks(db, ids);
      return ids.map((id) => counts.get(id) ?? 0);
    }),
    tasksOfUser: taskPages,
    assignmentsOfTask: assignmentPages,
  };
}

/** A loader per set of arguments: fields with the same arguments share a statement. */
function byOptions<Options, Value>(
  read: (options: Options) => (ids: readonly string[]) => Promise<Map<string, Value>>,
  none: () => Value,
): (id: string, options: Options) => Promise<Value> {
  const loaders = new Map<string, DataLoader<string, Value>>();
  return (id, options) => {
    const key = JSON.stringify(options);
    let loader = loaders.get(key);
    if (!loader) {
      loader = new DataLoader(async (ids) => {
        const found = await read(options)(ids);
        return ids.map((each) => found.get(each) ?? none());
      });
      loaders.set(key, loader);
    }
    return loader.load(id);
  };
}

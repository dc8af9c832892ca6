import { idArray } from '@ates/kit/database/rows';
import { type Page, type PageArguments, toPages } from '@ates/kit/graph/page';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Assignment, Task, TaskStatus } from './domain/task.ts';
import { type OpenTasks, watchedTasks } from './domain/taskChange.ts';
import type { TrackerTables } from './tables.ts';

type Db = Kysely<TrackerTables>;
type Trx = Transaction<TrackerTables>;

/** The columns of a task, open (`o`) or done. */
export const taskColumns = sql`
  t.id, t.title, t.jira_id as "jiraId", t.description, t.creator_id as "creatorId", t.created_at as "createdAt",
  t.resolved_at as "resolvedAt", coalesce(o.assignee_id, t.assignee_id) as "assigneeId",
  coalesce(o.assignment_id, t.assignment_id) as "assignmentId", coalesce(o.assigned_at, t.assigned_at) as "assignedAt"`;

/** Reads the open tasks of users, in one statement. */
export async function readOpenTasks(db: Db, userIds: readonly string[]): Promise<Map<string, OpenTasks>> {
  const { rows } = await sql<{
    userId: string;
    count: number;
    fingerprint: string;
    tasks: Record<string, string> | null;
  }>`
    select u.id as "userId", held.count, held.fingerprint, case when held.count <= ${watchedTasks} then (
        select coalesce(json_object_agg(task_id, assignment_id), '{}') from (
          select task_id, assignment_id from open_task where assignee_id = u.id order by assignment_id desc
        ) t
      ) end as tasks
    from unnest(${idArray(userIds)}) as u (id) cross join lateral (
      select count(*) as count, coalesce(bit_xor(uuid_hash_extended(assignment_id, 0)), 0)::text as fingerprint
      from open_task where assignee_id = u.id
    ) held`.execute(db);
  return new Map(
    rows.map(({ tasks, ...row }) => [row.userId, { ...row, tasks: tasks && new Map(Object.entries(tasks)) }]),
  );
}

export async function findTasks(db: Db, ids: readonly string[]): Promise<Task[]> {
  const { rows } = await sql<Task>`
    select ${taskColumns} from task t left join open_task o on o.task_id = t.id where t.id = any(${ids}::uuid[])`.execute(
    db,
  );
  return rows;
}

/**
 * Returns a task; while it is open, it is locked against being resolved or reassigned. There are two statements, so
 * that the second one sees the changes of the transaction that the first one waited for.
 */
export async function lockTask(trx: Trx, id: string): Promise<Task | undefined> {
  await sql`select from open_task where task_id = ${id} for update`.execute(trx);
  return (await findTasks(trx, [id]))[0];
}

/** Adds an open task with its first assignment. */
export async function insertTask(trx: Trx, task: Task): Promise<void> {
  await sql`
    with new_task as (
      insert into task (id, title, jira_id, description, creator_id, created_at)
      values (${task.id}, ${task.title}, ${task.jiraId}, ${task.description}, ${task.creatorId}, ${task.createdAt})
    ), held as (
      insert into open_task (task_id, assignee_id, assignment_id, assigned_at)
      values (${task.id}, ${task.assigneeId}, ${task.assignmentId}, ${task.assignedAt})
    )
    insert into assignment (id, task_id, assignee_id, assigned_at)
    values (${task.assignmentId}, ${task.id}, ${task.assigneeId}, ${task.assignedAt})`.execute(trx);
}

/** Moves a task from open to done. @throws Error where it was not open: the caller must lock it first. */
export async function markResolved(trx: Trx, id: string, now: Date): Promise<void> {
  const { numAffectedRows } = await sql`
    with closed as (
      delete from open_task where task_id = ${id} returning task_id, assignee_id, assignment_id, assigned_at
    )
    update task t set resolved_at = ${now}, assignee_id = closed.assignee_id,
      assignment_id = closed.assignment_id, assigned_at = closed.assigned_at
    from closed where t.id = closed.task_id and t.resolved_at is null`.execute(trx);
  if (numAffectedRows !== 1n) throw new Error(`task ${id} was resolved without being open`);
}

/** Lists the tasks of each user, newest assignment first, in one statement for all users. */
export async function listTasksOfUsers(
  db: Db,
  userIds: readonly string[],
  { status, ...page }: PageArguments<string> & { status: TaskStatus | null },
): Promise<Map<string, Page<Task>>> {
  const { first, after } = page;
  const open = sql`(select ${taskColumns} from open_task o join task t on t.id = o.task_id
    where o.assignee_id = u.id ${after ? sql`and o.assignment_id < ${after}` : sql``}
    order by o.assignment_id desc limit ${first + 1})`;
  const done = sql`(select ${taskColumns} from task t left join open_task o on false
    where t.assignee_id = u.id and t.resolved_at is not null ${after ? sql`and t.assignment_id < ${after}` : sql``}
    order by t.assignment_id desc limit ${first + 1})`;
  const both = sql`(select * from (${open} union all ${done}) both_kinds order by "assignmentId" desc limit ${first + 1})`;
  const { rows } = await sql<Task & { userId: string }>`
    select u.id as "userId", found.* from unnest(${userIds}::uuid[]) as u (id)
    cross join lateral ${status === 'IN_PROGRESS' ? open : status === 'DONE' ? done : both} found
    order by found."assignmentId" desc`.execute(db);
  return toPages(userIds, rows, page, {
    ownerOf: ({ userId }) => userId,
    keyOf: ({ assignmentId }) => assignmentId,
  });
}

/** Counts the open tasks of each user. */
export async function countOpenTasks(db: Db, userIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; n: number }>`
    select assignee_id as id, count(*) as n from open_task where assignee_id = any(${userIds}::uuid[]) group by 1`.execute(
    db,
  );
  return new Map(rows.map((row) => [row.id, row.n]));
}

/** Lists the assignments of each task, newest first, in one statement for all tasks. */
export async function listAssignmentsOfTasks(
  db: Db,
  taskIds: readonly string[],
  page: PageArguments<string>,
): Promise<Map<string, Page<Assignment>>> {
  const { first, after } = page;
  const { rows } = await sql<Assignment>`
    select found.* from unnest(${taskIds}::uuid[]) as t (id)
    cross join lateral (
      select id, task_id as "taskId", assignee_id as "assigneeId", assigned_at as "assignedAt", reassignment_id as "reassignmentId"
      from assignment where task_id = t.id ${after ? sql`and id < ${after}` : sql``}
      order by id desc limit ${first + 1}
    ) found
    order by found.id desc`.execute(db);
  return toPages(taskIds, rows, page, { ownerOf: ({ taskId }) => taskId, keyOf: ({ id }) => id });
}

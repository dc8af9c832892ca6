import { idArray } from '@ates/kit/database/rows';
import { encodeCursor, type Page, toPage, toPages } from '@ates/kit/graph/page';
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Assignment, Task, TaskStatus } from './domain/task.ts';
import { type OpenTasks, watchedTasks } from './domain/taskChange.ts';
import type { TrackerTables } from './tables.ts';

type Db = Kysely<TrackerTables>;
type Trx = Transaction<TrackerTables>;
type Sql = RawBuilder<unknown>;

/** A task's columns, whether it is open (`o`) or done. */
const taskColumns = sql`
  t.id, t.title, t.jira_id as "jiraId", t.description, t.creator_id as "creatorId", t.created_at as "createdAt",
  t.resolved_at as "resolvedAt", coalesce(o.assignee_id, t.assignee_id) as "assigneeId",
  coalesce(o.assignment_id, t.assignment_id) as "assignmentId", coalesce(o.assigned_at, t.assigned_at) as "assignedAt"`;

/** What users have to do, in one statement. */
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
 * A task, locked against being resolved or reassigned while it is open. Two statements: the second sees what the
 * transaction that the first waited for has done.
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

/** Moves a task from open to done. @throws where it was not open: the caller had to lock it. */
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

/** What `tasks` is filtered by; null where it does not matter. */
export interface TaskFilter {
  readonly status: TaskStatus | null;
  readonly assigneeId: string | null;
  readonly creatorId: string | null;
  readonly search: string | null;
}

/** All tasks that match, the newest first. */
export async function listTasks(
  db: Db,
  filter: TaskFilter,
  first: number,
  after: string | null,
): Promise<Page<Task>> {
  const { status, assigneeId, creatorId, search } = filter;
  const walks = search !== null && !isIndexed(search);
  const last = assigneeId ? await lastTasksOf(db, assigneeId) : null;
  const heldBy = (assignee: Sql, id: Sql, kind: TaskStatus) =>
    last
      ? [
          sql`${assignee} = ${assigneeId}`,
          ...(last.complete[kind] || walks ? [sql`${id} = any(${last.ids}::uuid[])`] : []),
        ]
      : [];
  const created = creatorId ? [sql`t.creator_id = ${creatorId}`] : [];
  const behind = after ? [sql`t.id < ${after}`] : [];
  const matching = (jiraId: Sql) => {
    if (!search) return [];
    const text = sql`(t.title || ' ' || coalesce(${jiraId}, ''))`;
    const lookedUp = rarestPieceOf(search);
    // Where nothing is added to the text, the index would be asked for all of the search too.
    return [
      sql`${text} ilike ${patternOf(lookedUp)}`,
      ...(lookedUp === search ? [] : [sql`(${text} || '') ilike ${patternOf(search)}`]),
    ];
  };
  const page = (from: Sql, where: Sql[]) => {
    const rest = [...where, ...created];
    if (!walks)
      return newest(taskColumns, from, [...rest, ...behind, ...matching(sql`t.jira_id`)], first + 1);
    const recent = newest(taskColumns, from, rest, recentTasks);
    return newest(sql`*`, sql`${recent} t`, [...behind, ...matching(sql`t."jiraId"`)], first + 1);
  };
  const open = () =>
    page(
      sql`open_task o join task t on t.id = o.task_id`,
      heldBy(sql`o.assignee_id`, sql`o.task_id`, 'IN_PROGRESS'),
    );
  // Done tasks have no open row; the join only gives `o` its columns.
  const done = () =>
    page(sql`task t left join open_task o on false`, [
      sql`t.resolved_at is not null`,
      ...heldBy(sql`t.assignee_id`, sql`t.id`, 'DONE'),
    ]);
  const either = () =>
    assigneeId
      ? sql`select * from (${open()} union all ${done()}) both_kinds order by id desc limit ${first + 1}`
      : page(sql`task t left join open_task o on o.task_id = t.id`, []);
  const { rows } =
    await sql<Task>`${status === 'IN_PROGRESS' ? open() : status === 'DONE' ? done() : either()}`.execute(db);
  return toPage(rows, first, (task) => encodeCursor(task.id));
}

/** The newest tasks of `t`. */
const newest = (columns: Sql, from: Sql, where: Sql[], limit: number) =>
  sql`(select ${columns} from ${from} ${where.length > 0 ? sql`where ${sql.join(where, sql` and `)}` : sql``}
    order by t.id desc limit ${limit})`;

const patternOf = (search: string) => `%${search.replace(/[\\%_]/g, '\\$&')}%`;

/**
 * Whether the index of three-character pieces (`task_search`) has something to look up: three letters or digits in a
 * row, or two at the beginning or end of a word, as in `QA-17`.
 */
const isIndexed = (search: string) =>
  /[\p{L}\p{Nd}]{3}|[\p{L}\p{Nd}]{2}[^\p{L}\p{Nd}]|[^\p{L}\p{Nd}][\p{L}\p{Nd}]{2}/u.test(search);

/**
 * The part of a search to look up in the index: the longest word with three digits in a row, with what stands around it
 * as far as it tells where words end, such as `-4711` of `POPUG-4711`; all of a search without one. The index goes
 * through the whole list of each three-character piece, which for `popug` may be as long as the table: with a million
 * tasks that took 16 ms, looking up the number 1 ms.
 */
const rarestPieceOf = (search: string) =>
  (search.match(/[^\p{L}\p{Nd}]?[\p{L}\p{Nd}]*\p{Nd}{3}[\p{L}\p{Nd}]*[^\p{L}\p{Nd}]?/gu) ?? [search]).reduce(
    (longest, piece) => (piece.length > longest.length ? piece : longest),
  );

/**
 * How many of the newest tasks a search that is not indexed goes over, which takes some 10 ms. Going over all takes
 * half a second for a million tasks, and refusing is no answer to the first letter that somebody types.
 */
const recentTasks = 5_000;

/** Up to how many tasks of one person are looked up by their ids. */
const fewTasks = 1_000;

/**
 * The tasks that somebody was given last, and whether these are all they have. Somebody with few is looked up by them:
 * the planner takes everybody to have as many as the average, and goes over a million tasks to find three. For somebody
 * with more than a few, going over the newest tasks of all soon fills a page. *Instead:* an index by assignee and task,
 * which every reassignment would have to write to.
 */
async function lastTasksOf(
  db: Db,
  assigneeId: string,
): Promise<{ ids: string[]; complete: Record<TaskStatus, boolean> }> {
  const { rows } = await sql<{ id: string; kind: TaskStatus }>`
    (select task_id as id, 'IN_PROGRESS' as kind from open_task where assignee_id = ${assigneeId}
      order by assignment_id desc limit ${fewTasks + 1})
    union all
    (select id, 'DONE' from task where assignee_id = ${assigneeId} and resolved_at is not null
      order by assignment_id desc limit ${fewTasks + 1})`.execute(db);
  const isComplete = (kind: TaskStatus) => rows.filter((row) => row.kind === kind).length <= fewTasks;
  return {
    // Of both kinds, whichever is asked for: one that is resolved before they are read is still among them.
    ids: rows.map(({ id }) => id),
    complete: { IN_PROGRESS: isComplete('IN_PROGRESS'), DONE: isComplete('DONE') },
  };
}

/** The tasks of each of some users, the newest assignment first; one statement for all of them. */
export async function listTasksOfUsers(
  db: Db,
  userIds: readonly string[],
  options: { status: TaskStatus | null; first: number; after: string | null },
): Promise<Map<string, Page<Task>>> {
  const { status, first, after } = options;
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
  return toPages(
    rows,
    (row) => row.userId,
    first,
    (task) => encodeCursor(task.assignmentId),
  );
}

/** How many open tasks each of some users has. */
export async function countOpenTasks(db: Db, userIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; n: number }>`
    select assignee_id as id, count(*) as n from open_task where assignee_id = any(${userIds}::uuid[]) group by 1`.execute(
    db,
  );
  return new Map(rows.map((row) => [row.id, row.n]));
}

/** The assignments of each of some tasks, the newest first; one statement for all of them. */
export async function listAssignmentsOfTasks(
  db: Db,
  taskIds: readonly string[],
  options: { first: number; after: string | null },
): Promise<Map<string, Page<Assignment>>> {
  const { first, after } = options;
  const { rows } = await sql<Assignment>`
    select found.* from unnest(${taskIds}::uuid[]) as t (id)
    cross join lateral (
      select id, task_id as "taskId", assignee_id as "assigneeId", assigned_at as "assignedAt", reassignment_id as "reassignmentId"
      from assignment where task_id = t.id ${after ? sql`and id < ${after}` : sql``}
      order by id desc limit ${first + 1}
    ) found
    order by found.id desc`.execute(db);
  return toPages(
    rows,
    (row) => row.taskId,
    first,
    (assignment) => encodeCursor(assignment.id),
  );
}

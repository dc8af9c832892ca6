import { type Page, type PageArguments, toPage } from '@ates/kit/graph/page';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Task, TaskStatus } from './domain/task.ts';
import type { TrackerTables } from './tables.ts';
import { taskColumns } from './taskRepository.ts';

type Db = Kysely<TrackerTables>;
type Sql = RawBuilder<unknown>;

/** The filter of the query `tasks`; a property that is null does not filter. */
export interface TaskFilter {
  readonly status: TaskStatus | null;
  readonly assigneeId: string | null;
  readonly creatorId: string | null;
  readonly search: string | null;
}

/** Open tasks, done tasks, or all tasks. */
type Kind = TaskStatus | 'ANY';

/** The tables of each kind. A done task has no row in `open_task`: its join only provides the columns of `o`. */
const tasksOf: Readonly<Record<Kind, Sql>> = {
  IN_PROGRESS: sql`open_task o join task t on t.id = o.task_id`,
  DONE: sql`task t left join open_task o on false`,
  ANY: sql`task t left join open_task o on o.task_id = t.id`,
};

/**
 * Lists the tasks that match, newest first. One person's open and done tasks are looked up separately, since each kind
 * has an index by person. A search uses the text index, or, where the index cannot look it up, reads the newest tasks.
 */
export async function listTasks(
  db: Db,
  filter: TaskFilter,
  page: PageArguments<string>,
): Promise<Page<Task>> {
  const { status, assigneeId, search } = filter;
  const last = assigneeId ? await findLastTasks(db, assigneeId) : null;
  const select = search !== null && !isIndexed(search) ? selectAmongRecent : selectNewest;
  const bounds = { after: page.after, limit: page.first + 1 };
  const query = status
    ? select(status, filter, last, bounds)
    : assigneeId
      ? selectOfBothKinds(
          select('IN_PROGRESS', filter, last, bounds),
          select('DONE', filter, last, bounds),
          bounds.limit,
        )
      : select('ANY', filter, last, bounds);
  const { rows } = await sql<Task>`${query}`.execute(db);
  return toPage(rows, page, ({ id }) => id);
}

/** Where a page begins, and its number of rows. */
interface PageBounds {
  readonly after: string | null;
  readonly limit: number;
}

/** Selects the newest tasks that match. The search, if there is one, can be looked up in the index. */
function selectNewest(kind: Kind, filter: TaskFilter, last: LastTasks | null, page: PageBounds): Sql {
  const assigned = last ? isAssigned(kind, last, kind !== 'ANY' && last.complete[kind]) : [];
  const where = [...isOfKind(kind), ...assigned, ...isCreatedBy(filter), ...isBehind(page)];
  return newest(
    taskColumns,
    tasksOf[kind],
    [...where, ...matches(filter.search, sql`t.jira_id`)],
    page.limit,
  );
}

/** Selects the same for a search that no index can look up: among the newest tasks only (see `recentTasks`). */
function selectAmongRecent(kind: Kind, filter: TaskFilter, last: LastTasks | null, page: PageBounds): Sql {
  const assigned = last ? isAssigned(kind, last, true) : [];
  const where = [...isOfKind(kind), ...assigned, ...isCreatedBy(filter)];
  const recent = newest(taskColumns, tasksOf[kind], where, recentTasks);
  const matching = [...isBehind(page), ...matches(filter.search, sql`t."jiraId"`)];
  return newest(sql`*`, sql`${recent} t`, matching, page.limit);
}

/** Selects the newest tasks of two lists. */
const selectOfBothKinds = (open: Sql, done: Sql, limit: number): Sql =>
  sql`select * from (${open} union all ${done}) both_kinds order by id desc limit ${limit}`;

/** Selects the newest tasks of `t`. */
const newest = (columns: Sql, from: Sql, where: readonly Sql[], limit: number) =>
  sql`(select ${columns} from ${from} ${where.length > 0 ? sql`where ${sql.join(where, sql` and `)}` : sql``}
    order by t.id desc limit ${limit})`;

// The conditions of a filter; an empty list where the filter does not ask for one.

const isOfKind = (kind: Kind): Sql[] => (kind === 'DONE' ? [sql`t.resolved_at is not null`] : []);

const isCreatedBy = ({ creatorId }: TaskFilter): Sql[] =>
  creatorId ? [sql`t.creator_id = ${creatorId}`] : [];

const isBehind = ({ after }: PageBounds): Sql[] => (after ? [sql`t.id < ${after}`] : []);

/** @param byIds true to look the tasks up by their ids, too, and not by the person alone */
function isAssigned(kind: Kind, { assigneeId, ids }: LastTasks, byIds: boolean): Sql[] {
  const [assignee, id] =
    kind === 'IN_PROGRESS' ? [sql`o.assignee_id`, sql`o.task_id`] : [sql`t.assignee_id`, sql`t.id`];
  return [sql`${assignee} = ${assigneeId}`, ...(byIds ? [sql`${id} = any(${ids}::uuid[])`] : [])];
}

function matches(search: string | null, jiraId: Sql): Sql[] {
  if (!search) return [];
  const text = sql`(t.title || ' ' || coalesce(${jiraId}, ''))`;
  const lookedUp = rarestPieceOf(search);
  if (lookedUp === search) return [sql`${text} ilike ${patternOf(search)}`];
  // With `|| ''` the second condition does not use the index, which would look up the whole search otherwise.
  return [sql`${text} ilike ${patternOf(lookedUp)}`, sql`(${text} || '') ilike ${patternOf(search)}`];
}

const patternOf = (search: string) => `%${search.replace(/[\\%_]/g, '\\$&')}%`;

/**
 * True where the index of three-character pieces (`task_search`) can look a search up: it needs three letters or digits
 * in a row, or two at the beginning or end of a word, as in `QA-17`.
 */
const isIndexed = (search: string) =>
  /[\p{L}\p{Nd}]{3}|[\p{L}\p{Nd}]{2}[^\p{L}\p{Nd}]|[^\p{L}\p{Nd}][\p{L}\p{Nd}]{2}/u.test(search);

/**
 * Returns the part of a search to look up in the index: the longest word with three digits in a row, with the
 * characters beside it that mark its ends, such as `-4711` of `POPUG-4711`; the whole search where it has no such word.
 * The index reads the whole list of each three-character piece. The list of `popug` may be as long as the table: with a
 * million tasks that took 16 ms, looking up the number 1 ms.
 */
const rarestPieceOf = (search: string) =>
  (search.match(/[^\p{L}\p{Nd}]?[\p{L}\p{Nd}]*\p{Nd}{3}[\p{L}\p{Nd}]*[^\p{L}\p{Nd}]?/gu) ?? [search]).reduce(
    (longest, piece) => (piece.length > longest.length ? piece : longest),
  );

/**
 * How many of the newest tasks a search without the index reads, which takes some 10 ms. *Instead:* reading all takes
 * half a second for a million tasks, and a refusal is no answer to the first letter that a user types.
 */
const recentTasks = 5_000;

/** The tasks that a user was assigned last. */
interface LastTasks {
  readonly assigneeId: string;
  readonly ids: readonly string[];
  /** True where these are all the user's tasks of a kind. */
  readonly complete: Readonly<Record<TaskStatus, boolean>>;
}

/** The most tasks of one person that are looked up by their ids. */
const fewTasks = 1_000;

/**
 * Finds the tasks that a user was assigned last, for a list of this user's tasks. Where they are few, the list is
 * looked up by their ids: the planner expects every user to have the average number, and would read a million tasks to
 * find three. Where they are many, reading the newest tasks of all users soon fills a page. *Instead:* an index by
 * assignee and task, which every reassignment would have to write to.
 */
async function findLastTasks(db: Db, assigneeId: string): Promise<LastTasks> {
  const { rows } = await sql<{ id: string; kind: TaskStatus }>`
    (select task_id as id, 'IN_PROGRESS' as kind from open_task where assignee_id = ${assigneeId}
      order by assignment_id desc limit ${fewTasks + 1})
    union all
    (select id, 'DONE' from task where assignee_id = ${assigneeId} and resolved_at is not null
      order by assignment_id desc limit ${fewTasks + 1})`.execute(db);
  const isComplete = (kind: TaskStatus) => rows.filter((row) => row.kind === kind).length <= fewTasks;
  return {
    assigneeId,
    // Of both kinds, whichever is asked for: a task that is resolved before the list is read is still among them.
    ids: rows.map(({ id }) => id),
    complete: { IN_PROGRESS: isComplete('IN_PROGRESS'), DONE: isComplete('DONE') },
  };
}

import { encodeCursor, type Page, toPage } from '@ates/kit/graph/page';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Task, TaskStatus } from './domain/task.ts';
import type { TrackerTables } from './tables.ts';
import { taskColumns } from './taskRepository.ts';

type Db = Kysely<TrackerTables>;
type Sql = RawBuilder<unknown>;

/** What `tasks` is filtered by; null where it does not matter. */
export interface TaskFilter {
  readonly status: TaskStatus | null;
  readonly assigneeId: string | null;
  readonly creatorId: string | null;
  readonly search: string | null;
}

/** Open tasks, done ones, or all. */
type Kind = TaskStatus | 'ANY';

/** What tasks of a kind are selected from. A done task has no open row: its join only gives `o` its columns. */
const tasksOf: Readonly<Record<Kind, Sql>> = {
  IN_PROGRESS: sql`open_task o join task t on t.id = o.task_id`,
  DONE: sql`task t left join open_task o on false`,
  ANY: sql`task t left join open_task o on o.task_id = t.id`,
};

/**
 * All tasks that match, the newest first. Those of one person are looked up by kind, open and done, since each kind has
 * an index by person. A text is looked up in its index, or, where that has nothing to look up, among the newest tasks.
 */
export async function listTasks(
  db: Db,
  filter: TaskFilter,
  first: number,
  after: string | null,
): Promise<Page<Task>> {
  const { status, assigneeId, search } = filter;
  const last = assigneeId ? await findLastTasks(db, assigneeId) : null;
  const select = search !== null && !isIndexed(search) ? selectAmongRecent : selectNewest;
  const page = { after, limit: first + 1 };
  const query = status
    ? select(status, filter, last, page)
    : assigneeId
      ? selectOfBothKinds(
          select('IN_PROGRESS', filter, last, page),
          select('DONE', filter, last, page),
          page.limit,
        )
      : select('ANY', filter, last, page);
  const { rows } = await sql<Task>`${query}`.execute(db);
  return toPage(rows, first, (task) => encodeCursor(task.id));
}

/** Where a page begins, and how many rows it has. */
interface PageBounds {
  readonly after: string | null;
  readonly limit: number;
}

/** The newest tasks that match, with a search that the index can look up, or with none. */
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

/** The same with a search that no index can look up: it goes over the newest tasks only (see `recentTasks`). */
function selectAmongRecent(kind: Kind, filter: TaskFilter, last: LastTasks | null, page: PageBounds): Sql {
  const assigned = last ? isAssigned(kind, last, true) : [];
  const where = [...isOfKind(kind), ...assigned, ...isCreatedBy(filter)];
  const recent = newest(taskColumns, tasksOf[kind], where, recentTasks);
  const matching = [...isBehind(page), ...matches(filter.search, sql`t."jiraId"`)];
  return newest(sql`*`, sql`${recent} t`, matching, page.limit);
}

/** The newest of two lists. */
const selectOfBothKinds = (open: Sql, done: Sql, limit: number): Sql =>
  sql`select * from (${open} union all ${done}) both_kinds order by id desc limit ${limit}`;

/** The newest tasks of `t`. */
const newest = (columns: Sql, from: Sql, where: readonly Sql[], limit: number) =>
  sql`(select ${columns} from ${from} ${where.length > 0 ? sql`where ${sql.join(where, sql` and `)}` : sql``}
    order by t.id desc limit ${limit})`;

// Conditions; none where the filter does not ask for them.

const isOfKind = (kind: Kind): Sql[] => (kind === 'DONE' ? [sql`t.resolved_at is not null`] : []);

const isCreatedBy = ({ creatorId }: TaskFilter): Sql[] =>
  creatorId ? [sql`t.creator_id = ${creatorId}`] : [];

const isBehind = ({ after }: PageBounds): Sql[] => (after ? [sql`t.id < ${after}`] : []);

/** @param byIds whether they are looked up by their ids, and not by the person alone */
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
  // Something is added to the text, or the index would be asked for all of the search, too.
  return [sql`${text} ilike ${patternOf(lookedUp)}`, sql`(${text} || '') ilike ${patternOf(search)}`];
}

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

/** The tasks that somebody was given last. */
interface LastTasks {
  readonly assigneeId: string;
  readonly ids: readonly string[];
  /** Whether these are all they have of a kind. */
  readonly complete: Readonly<Record<TaskStatus, boolean>>;
}

/** Up to how many tasks of one person are looked up by their ids. */
const fewTasks = 1_000;

/**
 * Finds the tasks that somebody was given last, for a list of one person's tasks. Where these are few, the list is looked
 * up by their ids: the planner expects everybody to have as many as the average, and would go over a million tasks to
 * find three. Where they are many, going over the newest tasks of all soon fills a page. *Instead:* an index by assignee
 * and task, which every reassignment would have to write to.
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
    // Of both kinds, whichever is asked for: one that is resolved before they are read is still among them.
    ids: rows.map(({ id }) => id),
    complete: { IN_PROGRESS: isComplete('IN_PROGRESS'), DONE: isComplete('DONE') },
  };
}

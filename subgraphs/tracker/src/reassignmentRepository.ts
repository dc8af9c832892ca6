import { idArray } from '@ates/kit/database/rows';
import { joinsByIndex } from '@ates/kit/database/transactions';
import { type Page, type PageArguments, toPage } from '@ates/kit/graph/page';
import { farAheadMs } from '@ates/kit/process/clockSkew';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Reassignment, ReassignmentStatus } from './domain/reassignment.ts';
import type { TrackerTables } from './tables.ts';

type Db = Kysely<TrackerTables>;
type Trx = Transaction<TrackerTables>;

const columns = sql`id, status, requested_by as "requestedById", requested_at as "requestedAt", started_at as "startedAt",
  finished_at as "finishedAt", total, processed, superseded_by as "supersededById"`;

export async function findReassignments(db: Db, ids: readonly string[]): Promise<Reassignment[]> {
  const { rows } =
    await sql<Reassignment>`select ${columns} from reassignment where id = any(${ids}::uuid[])`.execute(db);
  return rows;
}

/** Lists all reassignments, newest first. */
export async function listReassignments(db: Db, page: PageArguments<string>): Promise<Page<Reassignment>> {
  const { first, after } = page;
  const { rows } = await sql<Reassignment>`
    select ${columns} from reassignment ${after ? sql`where id < ${after}` : sql``} order by id desc limit ${first + 1}`.execute(
    db,
  );
  return toPage(rows, page, ({ id }) => id);
}

/**
 * Locks the running reassignment and returns its id; undefined where none runs. Waits for the batch under way. Taken
 * before `lockPresses`, never after, so that no other press waits for the batch.
 */
export async function lockRunning(trx: Trx): Promise<string | undefined> {
  const { rows } = await sql<{
    id: string;
  }>`select id from reassignment where status = 'RUNNING' for no key update`.execute(trx);
  return rows[0]?.id;
}

/** Takes the presses' lock until the end of the transaction, so that each press sees what the last one did. */
export async function lockPresses(trx: Trx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('reassignment presses'))`.execute(trx);
}

/** Returns the running and the queued reassignment, as of one moment. Locks nothing, so it waits for no batch. */
export async function readUnfinished(
  trx: Trx,
): Promise<{ running: Reassignment | undefined; queued: Reassignment | undefined }> {
  const { rows } = await sql<Reassignment>`
    select ${columns} from reassignment where status in ('RUNNING', 'QUEUED')`.execute(trx);
  return {
    running: rows.find((run) => run.status === 'RUNNING'),
    queued: rows.find((run) => run.status === 'QUEUED'),
  };
}

/** A locked reassignment, with its place among the tasks. */
export interface LockedRun extends Reassignment {
  readonly cursor: string | null;
  readonly until: string | null;
}

/**
 * Locks a reassignment against its next batch and its end, and returns it as the batch under way has left it. It is not
 * the strongest lock: another run's `superseded_by` may point to this run meanwhile.
 */
export async function lockReassignment(trx: Trx, id: string): Promise<LockedRun | undefined> {
  const { rows } =
    await sql<LockedRun>`select ${columns}, cursor, until from reassignment where id = ${id} for no key update`.execute(
      trx,
    );
  return rows[0];
}

/** Adds a queued reassignment. The caller holds the presses' lock and has seen that no other is queued. */
export async function insertReassignment(
  trx: Trx,
  run: { id: string; requestedById: string; now: Date },
): Promise<Reassignment> {
  const { rows } = await sql<Reassignment>`
    insert into reassignment (id, status, requested_by, requested_at, progressed_at)
    values (${run.id}, 'QUEUED', ${run.requestedById}, ${run.now}, ${run.now}) returning ${columns}`.execute(
    trx,
  );
  return rows[0] as Reassignment;
}

/** Starts a run: notes how many tasks are open, and which is the last of them. */
export async function startRun(trx: Trx, id: string, now: Date): Promise<LockedRun> {
  const { rows } = await sql<LockedRun>`
    update reassignment set status = 'RUNNING', started_at = ${now}, progressed_at = ${now},
      total = (select count(*) from open_task),
      until = (select task_id from open_task order by task_id desc limit 1)
    where id = ${id} returning ${columns}, cursor, until`.execute(trx);
  return rows[0] as LockedRun;
}

/** True while a run is under way: only one runs at a time (rule 6). */
export async function isAnyRunning(trx: Trx): Promise<boolean> {
  const { rows } = await sql`select from reassignment where status = 'RUNNING'`.execute(trx);
  return rows.length > 0;
}

/**
 * Ends a run. A completed run has processed all its tasks, including those that were resolved meanwhile.
 * @throws Error where the run has ended already: the caller must lock it first.
 */
export async function endRun(
  trx: Trx,
  id: string,
  end: { status: Exclude<ReassignmentStatus, 'QUEUED' | 'RUNNING'>; now: Date; supersededById?: string },
): Promise<void> {
  const { numAffectedRows } = await sql`
    update reassignment set status = ${end.status}, finished_at = ${end.now}, progressed_at = ${end.now},
    superseded_by = ${end.supersededById ?? null},
    processed = case when ${end.status} = 'COMPLETED' then total else processed end
    where id = ${id} and status in ('QUEUED', 'RUNNING')`.execute(trx);
  if (numAffectedRows !== 1n) throw new Error(`reassignment ${id} had ended before it became ${end.status}`);
}

/** Notes how far a run has got, in the transaction of the batch. */
export async function advanceRun(
  trx: Trx,
  id: string,
  progress: { cursor: string; count: number; now: Date },
): Promise<void> {
  await sql`update reassignment set cursor = ${progress.cursor}, processed = least(total, processed + ${progress.count}),
    progressed_at = ${progress.now} where id = ${id}`.execute(trx);
}

/** The open tasks that a run has not processed yet, in order. */
interface Range {
  /** The last task that it has processed; null before its first batch. */
  readonly after: string | null;
  readonly until: string;
}

const inRange = ({ after, until }: Range) =>
  sql`task_id <= ${until} ${after ? sql`and task_id > ${after}` : sql``}`;

/** True where a run has open tasks left. */
export async function areTasksLeft(trx: Trx, range: Range): Promise<boolean> {
  const { rows } = await sql`select from open_task where ${inRange(range)} limit 1`.execute(trx);
  return rows.length > 0;
}

/** The assignments of one batch: a list per column, all equally long. */
export interface AssignedTasks {
  readonly taskId: string[];
  readonly title: string[];
  readonly jiraId: (string | null)[];
  readonly assigneeId: string[];
  readonly assignmentId: string[];
}

/**
 * Assigns the next open tasks of a run to new assignees: changes the holder of each task, and adds the assignment.
 * There are as many draws as a batch may have tasks; a draw is an assignee and the assignment's id. A task that is just
 * being resolved is waited for, then left out. Returns the assignments, the last task that the run has passed, and how
 * many it has passed, including those left out.
 *
 * It is one statement: locking the tasks first and changing them then took half as long again. It returns columns in
 * one value: reading a thousand rows takes longer than finding them.
 */
export async function assignNextTasks(
  trx: Trx,
  range: Range,
  draws: { assigneeIds: readonly string[]; assignmentIds: readonly string[] },
  run: { id: string; now: Date },
): Promise<{ assigned: AssignedTasks | null; last: string | null; passed: number }> {
  await sql`select ${joinsByIndex}`.execute(trx);
  const { rows } = await sql<{
    assigned: { [Name in keyof AssignedTasks]: AssignedTasks[Name] | null };
    last: string | null;
    passed: number;
  }>`
    with next as materialized (
      select task_id, row_number() over (order by task_id) as n from (
        select task_id from open_task where ${inRange(range)} order by task_id limit ${draws.assigneeIds.length}
      ) o
    ), held as (
      update open_task o set assigned_at = ${run.now}, assignee_id = (${idArray(draws.assigneeIds)})[next.n],
        assignment_id = (${idArray(draws.assignmentIds)})[next.n]
      from next where o.task_id = next.task_id
      returning o.task_id, o.assignee_id, o.assignment_id
    ), added as (
      insert into assignment (id, task_id, assignee_id, assigned_at, reassignment_id)
      select assignment_id, task_id, assignee_id, ${run.now}::timestamptz, ${run.id}::uuid from held
    )
    select
      json_build_object('taskId', json_agg(held.task_id), 'title', json_agg(t.title), 'jiraId', json_agg(t.jira_id),
        'assigneeId', json_agg(held.assignee_id), 'assignmentId', json_agg(held.assignment_id)) as assigned,
      (select task_id from next order by task_id desc limit 1) as last, (select count(*) from next) as passed
    from held join task t on t.id = held.task_id`.execute(trx);
  const { assigned, last, passed } = rows[0]!;
  return { assigned: assigned.taskId === null ? null : (assigned as AssignedTasks), last, passed };
}

/**
 * Returns the runs that are queued or stand still, with the moment of their last progress; also those whose progress
 * was dated by a clock that was far ahead.
 */
export async function findUnfinished(
  db: Db,
  stillSince: Date,
): Promise<{ id: string; progressedAt: Date }[]> {
  const farAhead = new Date(stillSince.getTime() + farAheadMs);
  const { rows } = await sql<{ id: string; progressedAt: Date }>`
    select id, progressed_at as "progressedAt" from reassignment
    where status in ('QUEUED', 'RUNNING')
      and (status = 'QUEUED' or progressed_at <= ${stillSince} or progressed_at > ${farAhead})
    order by requested_at`.execute(db);
  return rows;
}

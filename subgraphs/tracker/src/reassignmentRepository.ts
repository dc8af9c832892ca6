import { encodeCursor, type Page, toPage } from '@ates/kit/page';
import { rowsOf, uuids } from '@ates/kit/rows';
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

/** All reassignments, the newest first. */
export async function listReassignments(
  db: Db,
  first: number,
  after: string | null,
): Promise<Page<Reassignment>> {
  const { rows } = await sql<Reassignment>`
    select ${columns} from reassignment ${after ? sql`where id < ${after}` : sql``} order by id desc limit ${first + 1}`.execute(
    db,
  );
  return toPage(rows, first, (run) => encodeCursor(run.id));
}

/**
 * Locks the one that runs, which waits for its batch under way, and hands back its id; none where it ended meanwhile.
 * Taken before `lockPresses`, never after: no other press has to wait for the batch.
 */
export async function lockRunning(trx: Trx): Promise<string | undefined> {
  const { rows } = await sql<{
    id: string;
  }>`select id from reassignment where status = 'RUNNING' for no key update`.execute(trx);
  return rows[0]?.id;
}

/** Presses wait for each other from here to their end, so that each sees what the last one did. */
export async function lockPresses(trx: Trx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('reassignment presses'))`.execute(trx);
}

/** The one that runs and the one that waits, as of one moment. Not locked: a batch that is under way is not waited for. */
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

/** A reassignment as a batch needs it, locked. */
export interface LockedRun extends Reassignment {
  readonly cursor: string | null;
  readonly until: string | null;
}

/**
 * A reassignment, as it is once its batch under way has committed, locked against its next batch and its end. The lock
 * is not the strongest one: another run's `superseded_by` may point to it meanwhile.
 */
export async function lockReassignment(trx: Trx, id: string): Promise<LockedRun | undefined> {
  const { rows } =
    await sql<LockedRun>`select ${columns}, cursor, until from reassignment where id = ${id} for no key update`.execute(
      trx,
    );
  return rows[0];
}

/** Adds one that waits its turn. The caller holds the presses' lock and has seen that none waits. */
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

/** Starts a run: notes how many tasks are open and which is the last of them. */
export async function startRun(trx: Trx, id: string, now: Date): Promise<LockedRun> {
  const { rows } = await sql<LockedRun>`
    update reassignment set status = 'RUNNING', started_at = ${now}, progressed_at = ${now},
      total = (select count(*) from open_task),
      until = (select task_id from open_task order by task_id desc limit 1)
    where id = ${id} returning ${columns}, cursor, until`.execute(trx);
  return rows[0] as LockedRun;
}

/** Whether a run is under way, so that another has to wait its turn: one at a time (rule 6). */
export async function isAnyRunning(trx: Trx): Promise<boolean> {
  const { rows } = await sql`select from reassignment where status = 'RUNNING'`.execute(trx);
  return rows.length > 0;
}

/**
 * Ends a run. A completed one has been past all its tasks, those resolved meanwhile included.
 * @throws where it had ended: the caller had to lock it.
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

/** Notes how far a run got, in the transaction that got it there. */
export async function advanceRun(
  trx: Trx,
  id: string,
  progress: { cursor: string; count: number; now: Date },
): Promise<void> {
  await sql`update reassignment set cursor = ${progress.cursor}, processed = least(total, processed + ${progress.count}),
    progressed_at = ${progress.now} where id = ${id}`.execute(trx);
}

/** Open tasks that are about to be reassigned, with what their event says: a list per column, all equally long. */
export interface TasksToReassign {
  readonly id: string[];
  readonly title: string[];
  readonly jiraId: (string | null)[];
}

/**
 * The next open tasks of a run, locked in order; a task that is just being resolved is waited for and then left out.
 * They come as columns, in one value: as rows, reading them would take longer than finding them.
 */
export async function lockNextOpenTasks(
  trx: Trx,
  range: { after: string | null; until: string; limit: number },
): Promise<TasksToReassign> {
  // For this transaction only: unnamed statements are planned anew each time, and from some size on by scanning whole
  // tables, here (the tasks' titles) and in `assignTasks`.
  await sql`select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`.execute(
    trx,
  );
  const { rows } = await sql<{ tasks: { [Name in keyof TasksToReassign]: TasksToReassign[Name] | null } }>`
    select json_build_object('id', json_agg(t.id), 'title', json_agg(t.title), 'jiraId', json_agg(t.jira_id)) as tasks
    from (
      select task_id from open_task
      where task_id <= ${range.until} ${range.after ? sql`and task_id > ${range.after}` : sql``}
      order by task_id limit ${range.limit} for no key update
    ) o join task t on t.id = o.task_id`.execute(trx);
  const { id, title, jiraId } = rows[0]!.tasks;
  return { id: id ?? [], title: title ?? [], jiraId: jiraId ?? [] };
}

/** Gives tasks, which the caller has locked, to new assignees: the holder changes, and the assignment is added. */
export async function assignTasks(
  trx: Trx,
  batch: {
    taskIds: readonly string[];
    assigneeIds: readonly string[];
    assignmentIds: readonly string[];
    reassignmentId: string;
    now: Date;
  },
): Promise<void> {
  const rows = rowsOf({
    task_id: uuids(batch.taskIds),
    assignee_id: uuids(batch.assigneeIds),
    assignment_id: uuids(batch.assignmentIds),
  });
  await sql`
    with draw (${rows.names}) as (
      select ${rows.values} from ${rows.from}
    ), held as (
      update open_task o set assignee_id = draw.assignee_id, assignment_id = draw.assignment_id, assigned_at = ${batch.now}
      from draw where o.task_id = draw.task_id
    )
    insert into assignment (id, task_id, assignee_id, assigned_at, reassignment_id)
    select assignment_id, task_id, assignee_id, ${batch.now}::timestamptz, ${batch.reassignmentId}::uuid from draw`.execute(
    trx,
  );
}

/** Runs that wait or stand still, with the moment they last got further. */
export async function findUnfinished(
  db: Db,
  stillSince: Date,
): Promise<{ id: string; progressedAt: Date }[]> {
  const { rows } = await sql<{ id: string; progressedAt: Date }>`
    select id, progressed_at as "progressedAt" from reassignment
    where status in ('QUEUED', 'RUNNING') and (status = 'QUEUED' or progressed_at <= ${stillSince})
    order by requested_at`.execute(db);
  return rows;
}

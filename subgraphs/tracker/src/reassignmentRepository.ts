import { encodeCursor, type Page, toPage } from '@ates/kit/page';
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

/** The one that runs and the one that waits, locked; presses wait for each other, so that each sees the last one's. */
export async function lockUnfinished(
  trx: Trx,
): Promise<{ running: Reassignment | undefined; queued: Reassignment | undefined }> {
  await sql`select pg_advisory_xact_lock(hashtext('reassignment presses'))`.execute(trx);
  const { rows } = await sql<Reassignment>`
    select ${columns} from reassignment where status in ('RUNNING', 'QUEUED') order by id for update`.execute(
    trx,
  );
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

export async function lockReassignment(trx: Trx, id: string): Promise<LockedRun | undefined> {
  const { rows } =
    await sql<LockedRun>`select ${columns}, cursor, until from reassignment where id = ${id} for update`.execute(
      trx,
    );
  return rows[0];
}

export async function insertReassignment(
  trx: Trx,
  run: { id: string; requestedById: string; now: Date },
): Promise<void> {
  await sql`insert into reassignment (id, status, requested_by, requested_at, progressed_at)
    values (${run.id}, 'QUEUED', ${run.requestedById}, ${run.now}, ${run.now})`.execute(trx);
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

export async function isAnyRunning(trx: Trx): Promise<boolean> {
  const { rows } = await sql`select from reassignment where status = 'RUNNING'`.execute(trx);
  return rows.length > 0;
}

/** Ends a run. A completed one has been past all its tasks, those resolved meanwhile included. */
export async function endRun(
  trx: Trx,
  id: string,
  end: { status: Exclude<ReassignmentStatus, 'QUEUED' | 'RUNNING'>; now: Date; supersededById?: string },
): Promise<void> {
  await sql`update reassignment set status = ${end.status}, finished_at = ${end.now}, progressed_at = ${end.now},
    superseded_by = ${end.supersededById ?? null},
    processed = case when ${end.status} = 'COMPLETED' then total else processed end
    where id = ${id}`.execute(trx);
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

/** An open task that is about to be reassigned, with what its event says. */
export interface TaskToReassign {
  readonly id: string;
  readonly title: string;
  readonly jiraId: string | null;
}

/** The next open tasks of a run, locked in order; a task that is just being resolved is waited for and then left out. */
export async function lockNextOpenTasks(
  trx: Trx,
  range: { after: string | null; until: string; limit: number },
): Promise<TaskToReassign[]> {
  const { rows } = await sql<TaskToReassign>`
    select t.id, t.title, t.jira_id as "jiraId"
    from (
      select task_id from open_task
      where task_id <= ${range.until} ${range.after ? sql`and task_id > ${range.after}` : sql``}
      order by task_id limit ${range.limit} for no key update
    ) o join task t on t.id = o.task_id
    order by t.id`.execute(trx);
  return rows;
}

/** Gives tasks, which the caller has locked, to new assignees: the holder changes, and the assignment is added. */
export async function assignTasks(
  trx: Trx,
  batch: {
    taskIds: string[];
    assigneeIds: string[];
    assignmentIds: string[];
    reassignmentId: string;
    now: Date;
  },
): Promise<void> {
  // Unnamed statements are planned anew each time, and from some size on by scanning the whole table.
  await sql`set local enable_hashjoin = off`.execute(trx);
  await sql`set local enable_mergejoin = off`.execute(trx);
  await sql`
    with draw as (
      select * from unnest(${batch.taskIds}::uuid[], ${batch.assigneeIds}::uuid[], ${batch.assignmentIds}::uuid[])
        as d (task_id, assignee_id, assignment_id)
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

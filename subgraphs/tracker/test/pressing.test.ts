import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { systemRandom } from '@ates/kit/process/clock';
import { newId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  asSuperuser,
  cloneDatabase,
  openTestDatabase,
  untilWaiting,
  workOn,
} from '../../../tests/support/databases.ts';
import type { OnRunning, Reassignment } from '../src/domain/reassignment.ts';
import { findReassignments, findUnfinished, lockReassignment } from '../src/reassignmentRepository.ts';
import type { TrackerTables } from '../src/tables.ts';
import { cancelReassignment } from '../src/usecases/cancelReassignment.ts';
import { createTask } from '../src/usecases/createTask.ts';
import { reassignTasks } from '../src/usecases/reassignTasks.ts';
import { runReassignmentBatch } from '../src/usecases/runReassignmentBatch.ts';

let db: Kysely<TrackerTables>;
let database: ServiceDatabase<TrackerTables>;
/** Plays a batch that is under way: it locks the row of its run. */
let batch: pg.Client;
const tasks = 12;
const manager = newId();

beforeAll(async () => {
  const url = await cloneDatabase('tracker');
  db = openTestDatabase(url);
  database = workOn(db);
  batch = new pg.Client({ connectionString: asSuperuser(url) });
  await batch.connect();
  await db
    .insertInto('user_copy')
    .values([1, 2, 3].map(() => ({ id: newId(), version: 1, role: 'EMPLOYEE' as const, active: true })))
    .execute();
  for (let at = 0; at < tasks; at++)
    await createTask(database, systemRandom, manager, {
      title: `Task ${at}`,
      jiraId: null,
      description: '',
      idempotencyKey: null,
    });
});
beforeEach(async () => {
  await batch.query('rollback');
  await batch.query(`update reassignment set status = 'CANCELLED' where status in ('QUEUED', 'RUNNING')`);
});
afterAll(async () => {
  await batch?.end();
  await db?.destroy();
});

const press = (onRunning: OnRunning) => reassignTasks(database, manager, { onRunning, idempotencyKey: null });
const runBatch = (id: string, size = 5) => runReassignmentBatch(database, systemRandom, id, size);
const read = async (id: string) => (await findReassignments(db, [id]))[0] as Reassignment;
const begin = async (id: string) => {
  await batch.query('begin');
  await batch.query('select from reassignment where id = $1 for update', [id]);
};

/** Starts a run and leaves it within a batch. */
async function runningInBatch(): Promise<Reassignment> {
  const run = await press('JOIN');
  expect(await runBatch(run.id)).toBe('more');
  await begin(run.id);
  return run;
}

/** Returns the call's answer, or 'it waits' where it waits for the batch, which only the test ends. */
const atOnce = <Answer>(call: Promise<Answer>): Promise<Answer | 'it waits'> =>
  Promise.race([call, new Promise<'it waits'>((resolve) => setTimeout(resolve, 2_000, 'it waits'))]);

test('JOIN and QUEUE answer at once, however long a batch takes', async () => {
  const run = await runningInBatch();
  expect(await atOnce(press('JOIN'))).toMatchObject({ id: run.id, status: 'RUNNING', processed: 5 });
  const queued = await atOnce(press('QUEUE'));
  expect(queued).toMatchObject({ status: 'QUEUED' });
  expect(await atOnce(press('QUEUE'))).toEqual(queued);
});

test('JOIN and QUEUE answer at once while a SUPERSEDE waits for the batch to end', async () => {
  const run = await runningInBatch();
  const superseding = press('SUPERSEDE');
  await untilWaiting(batch, 1);
  expect(await atOnce(press('JOIN'))).toMatchObject({ id: run.id });
  const queued = await atOnce(press('QUEUE'));
  expect(queued).toMatchObject({ status: 'QUEUED' });
  await batch.query('commit');
  expect(await superseding).toEqual(queued);
  expect(await read(run.id)).toMatchObject({
    status: 'SUPERSEDED',
    processed: 5,
    supersededById: (queued as Reassignment).id,
  });
});

test('a SUPERSEDE that waits for what turns out to be the last batch leaves the run COMPLETED', async () => {
  const run = await runningInBatch();
  const superseding = [press('SUPERSEDE'), press('SUPERSEDE')];
  await untilWaiting(batch, 2);
  await batch.query(
    `update reassignment set status = 'COMPLETED', processed = total, finished_at = now() where id = $1`,
    [run.id],
  );
  await batch.query('commit');
  const [first, second] = await Promise.all(superseding);
  expect(first).toMatchObject({ status: 'QUEUED' });
  expect(second).toEqual(first);
  expect(await read(run.id)).toMatchObject({ status: 'COMPLETED', processed: tasks, supersededById: null });
});

test('a SUPERSEDE behind whose wait another run has started hands that back: it began after the press', async () => {
  const run = await runningInBatch();
  const queued = await press('QUEUE');
  const superseding = press('SUPERSEDE');
  await untilWaiting(batch, 1);
  await batch.query(`update reassignment set status = 'COMPLETED', finished_at = now() where id = $1`, [
    run.id,
  ]);
  await batch.query(`update reassignment set status = 'RUNNING', started_at = now() where id = $1`, [
    queued.id,
  ]);
  await batch.query('commit');
  expect(await superseding).toMatchObject({ id: queued.id, status: 'RUNNING' });
  expect(await read(run.id)).toMatchObject({ status: 'COMPLETED', supersededById: null });
});

test('a SUPERSEDE need not wait for a batch that just looks whether it is its turn', async () => {
  const run = await press('JOIN');
  await runBatch(run.id);
  const queued = await press('QUEUE');
  await db.transaction().execute(async (trx) => {
    expect(await lockReassignment(trx, queued.id)).toMatchObject({ status: 'QUEUED' });
    expect(await atOnce(press('SUPERSEDE'))).toMatchObject({ id: queued.id });
  });
  expect(await read(run.id)).toMatchObject({ status: 'SUPERSEDED', supersededById: queued.id });
});

test('presses, cancellations and batches in each other’s way are answered, and every run comes to an end', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  let state = seed;
  const below = (bound: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const kinds: OnRunning[] = ['JOIN', 'QUEUE', 'SUPERSEDE'];
  const pressed: Reassignment[] = [];
  const pause = () => new Promise((resolve) => setTimeout(resolve, below(25)));
  const pressing = async () => {
    for (let presses = 0; presses < 60; presses++) {
      pressed.push(await press(kinds[below(3)] as OnRunning));
      await pause();
    }
  };
  let over = false;
  const working = async () => {
    for (;;) {
      const unfinished = await findUnfinished(db, new Date('2100-01-01'));
      if (over && unfinished.length === 0) return;
      for (const { id } of unfinished) await runBatch(id, 4);
    }
  };
  const cancelling = async () => {
    while (!over) {
      const run = pressed.at(-1);
      if (run)
        await cancelReassignment(database, run.id).catch((error) => {
          if (!(error instanceof Refusal && error.code === 'CONFLICT')) throw error;
        });
      await new Promise((resolve) => setTimeout(resolve, 20 + below(80)));
    }
  };
  const others = [working(), working(), cancelling()];
  try {
    await Promise.all([pressing(), pressing(), pressing()]);
  } finally {
    over = true;
    await Promise.all(others);
  }
  const undisturbed = await press('JOIN');
  while ((await runBatch(undisturbed.id, 4)) === 'more');
  pressed.push(undisturbed);
  const made = await db
    .selectFrom('reassignment as r')
    .select(['id', 'status', 'total', 'processed', 'superseded_by'])
    .select((is) =>
      is
        .selectFrom('assignment as a')
        .whereRef('a.reassignment_id', '=', 'r.id')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .as('assigned'),
    )
    .where(
      'id',
      'in',
      pressed.map(({ id }) => id),
    )
    .execute();
  for (const run of made) {
    const what = `seed ${seed}: ${JSON.stringify(run)}`;
    expect(['COMPLETED', 'SUPERSEDED', 'CANCELLED'], what).toContain(run.status);
    expect(run.assigned, what).toBe(run.processed);
    expect(run.superseded_by !== null, what).toBe(run.status === 'SUPERSEDED');
    if (run.status === 'COMPLETED') expect(run.processed, what).toBe(run.total);
  }
  expect(await read(undisturbed.id), `seed ${seed}`).toMatchObject({ status: 'COMPLETED', total: tasks });
});

test('a run that a process whose clock was ten days ahead left behind stands still at once, not in ten days', async () => {
  const run = await press('JOIN');
  expect(await runBatch(run.id)).toBe('more');
  const listed = async () => (await findUnfinished(db, new Date(Date.now() - 5_000))).map(({ id }) => id);
  expect(await listed()).toEqual([]);
  const ahead = workOn(db, { now: () => new Date(Date.now() + 10 * 86_400_000) });
  expect(await runReassignmentBatch(ahead, systemRandom, run.id, 5)).toBe('more');
  expect(await listed()).toEqual([run.id]);
});

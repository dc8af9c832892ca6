import type { Hint, ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { systemClock } from '@ates/kit/process/clock';
import { newId } from '@ates/kit/process/ids';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cloneDatabase, openTestDatabase, workOn } from '../../../tests/support/databases.ts';
import type { TrackerTables } from '../src/tables.ts';
import { cancelReassignment } from '../src/usecases/cancelReassignment.ts';
import { createTask } from '../src/usecases/createTask.ts';
import { reassignTasks } from '../src/usecases/reassignTasks.ts';
import { resolveTask } from '../src/usecases/resolveTask.ts';
import { runReassignmentBatch } from '../src/usecases/runReassignmentBatch.ts';

/** The live views to which each use case sends hints. */

const hints: Hint[] = [];
const first = { below: () => 0 };
const [kiwi, max] = [newId(), newId()];
let database: ServiceDatabase<TrackerTables>;

beforeAll(async () => {
  const db = openTestDatabase<TrackerTables>(await cloneDatabase('tracker'));
  database = workOn(db, systemClock, { send: (hint) => void hints.push(hint) });
  await db.insertInto('user_copy').values({ id: kiwi, version: 1, role: 'EMPLOYEE', active: true }).execute();
});
afterAll(() => database?.db.destroy());
beforeEach(() => {
  hints.length = 0;
});

const create = () =>
  createTask(database, first, max, { title: 'Clean', jiraId: null, description: '', idempotencyKey: null });
const press = (onRunning: 'QUEUE' | 'SUPERSEDE') =>
  reassignTasks(database, max, { onRunning, idempotencyKey: null });
const openTasksOf = (id: string) => ({ topic: 'open tasks', keys: [id], lane: 'interactive' });
const progressOf = (id: string) => ({ topic: 'reassignments', keys: [id], lane: 'interactive' });

test('a new task: its assignee’s open tasks', async () => {
  await create();
  expect(hints).toEqual([openTasksOf(kiwi)]);
});

test('a task that is done: its assignee’s open tasks', async () => {
  const task = await create();
  hints.length = 0;
  await resolveTask(database, kiwi, task.id);
  expect(hints).toEqual([openTasksOf(kiwi)]);
});

test('a batch of a reassignment: everybody’s open tasks, later, and the run', async () => {
  await create();
  const run = await press('QUEUE');
  hints.length = 0;
  expect(await runReassignmentBatch(database, first, run.id)).toBe('ended');
  expect(hints).toEqual([progressOf(run.id), { topic: 'open tasks', keys: null, lane: 'bulk' }]);
});

test('a run that is superseded or cancelled: that run', async () => {
  await create();
  const superseded = await press('QUEUE');
  expect(await runReassignmentBatch(database, first, superseded.id, 1)).toBe('more');
  hints.length = 0;
  const cancelled = await press('SUPERSEDE');
  expect(hints).toEqual([progressOf(superseded.id)]);
  hints.length = 0;
  await cancelReassignment(database, cancelled.id);
  expect(hints).toEqual([progressOf(cancelled.id)]);
});

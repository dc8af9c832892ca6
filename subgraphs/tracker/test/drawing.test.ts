import { inTransaction } from '@ates/kit/database/transactions';
import { newId } from '@ates/kit/process/ids';
import type { Kysely, KyselyPlugin } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloneDatabase, openTestDatabase, workOn } from '../../../tests/support/databases.ts';
import type { TrackerTables } from '../src/tables.ts';
import { createTask } from '../src/usecases/createTask.ts';
import { reassignTasks } from '../src/usecases/reassignTasks.ts';
import { drawAssignee } from '../src/userRepository.ts';

let opened: Kysely<TrackerTables>;
let db: Kysely<TrackerTables>;
let rowsRead = 0;
const countRows: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => {
    rowsRead += result.rows.length;
    return result;
  },
};
const eligible = Array.from({ length: 300 }, newId);
const draw = (...draws: number[]) =>
  inTransaction(db, (trx) =>
    drawAssignee(trx, { below: () => draws.shift() ?? expect.unreachable('one more draw') }),
  );

beforeAll(async () => {
  opened = openTestDatabase<TrackerTables>(await cloneDatabase('tracker'));
  db = opened.withPlugin(countRows);
  const user = { version: 1, role: 'EMPLOYEE' as const, active: true };
  await db
    .insertInto('user_copy')
    .values([
      ...eligible.map((id) => ({ ...user, id })),
      { ...user, id: newId(), role: 'MANAGER' },
      { ...user, id: newId(), role: 'ADMIN' },
      { ...user, id: newId(), active: false },
    ])
    .execute();
});
afterAll(() => opened?.destroy());

test('each number that can be drawn is another one who is eligible, and everybody is', async () => {
  const drawn: (string | undefined)[] = [];
  for (let at = 0; at < eligible.length; at++) drawn.push(await draw(at));
  expect(new Set(drawn)).toEqual(new Set(eligible));
});

test('who stopped being eligible in mid-draw leaves it to be drawn anew among the others', async () => {
  expect(await draw(300, 0)).toBe(eligible[0]);
});

test('a task and a press read one or two rows of the users, however many there are', async () => {
  const caller = newId();
  rowsRead = 0;
  await createTask(workOn(db), { below: () => 7 }, caller, {
    title: 'Clean the cage',
    jiraId: null,
    description: '',
    idempotencyKey: null,
  });
  expect(rowsRead).toBeLessThan(10);
  rowsRead = 0;
  await reassignTasks(workOn(db), caller, { onRunning: 'JOIN', idempotencyKey: null });
  expect(rowsRead).toBeLessThan(10);
});

test('nobody is drawn where nobody is eligible', async () => {
  await db.updateTable('user_copy').set({ active: false }).execute();
  expect(await draw()).toBeUndefined();
});

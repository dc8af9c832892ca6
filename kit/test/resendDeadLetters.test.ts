import { type Kysely, sql, type Transaction } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase, workOn } from '../../tests/support/databases.ts';
import { createdFact, idOf, tasksCreated } from '../../tests/support/facts.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { listDeadLetters, requestResend } from '../src/events/deadLetters.ts';
import { onEvent } from '../src/events/handlers.ts';
import { heldEventsSql } from '../src/events/heldEvents.ts';
import { type InboxTables, inboxSql } from '../src/events/inbox.ts';
import { resendDeadLetters } from '../src/events/resendDeadLetters.ts';
import { Refusal } from '../src/process/refusal.ts';

type Tables = InboxTables & { nest: { id: string } };

let db: Kysely<Tables>;
beforeAll(async () => {
  db = openTestDatabase((await createEmptyDatabase()).migrationUrl);
  await runSqlFiles(db, inboxSql, heldEventsSql);
  await sql`create table nest (id uuid primary key)`.execute(db);
});
afterAll(() => db?.destroy());

const begun = new Date('2026-03-10T09:00:00.000Z');
let at: Date;
const now = () => at;
const letter = (n: number) => idOf(0xd, n);
const nest = (n: number) => idOf(0xb, n);
let tried: number[];

/** Stores dead letters 1 to `count`, whose facts make a nest each. Requests the resend of `asked`, in this order. */
async function putAside(count: number, asked: readonly number[]): Promise<void> {
  for (let n = 1; n <= count; n++) {
    const fact = JSON.stringify(createdFact(nest(n), begun));
    await db
      .insertInto('dead_letter')
      .values({
        ...{ id: letter(n), consumer: 'accounting', event: tasksCreated.name, lane: 'bulk', fact },
        ...{ error: 'was refused', attempts: 1, failed_at: begun, resend_requested_at: null },
      })
      .execute();
  }
  for (const n of asked) {
    at = new Date(at.getTime() + 1);
    await requestResend(workOn(db, { now }), letter(n));
  }
}

/** Resends the dead letters that wait. Calls `fail` before each nest is made. */
function resend(fail: (n: number, trx: Transaction<Tables>) => unknown = () => undefined): Promise<void> {
  const handler = onEvent<Tables, typeof tasksCreated>(tasksCreated, async ({ trx }, { taskId }) => {
    for (const id of taskId) {
      const n = Number.parseInt(id.slice(-12), 16);
      tried.push(n);
      await fail(n, trx);
      await trx.insertInto('nest').values({ id }).execute();
    }
  });
  return resendDeadLetters(workOn(db, { now }), new Map([[handler.event.name, handler]]), 'accounting');
}
const nests = async () =>
  (await db.selectFrom('nest').select('id').orderBy('id').execute()).map(({ id }) =>
    Number.parseInt(id.slice(-12), 16),
  );
const left = async () => (await listDeadLetters(db, 100)).map(({ id }) => Number.parseInt(id.slice(-12), 16));

beforeEach(async () => {
  at = begun;
  tried = [];
  for (const table of ['nest', 'inbox', 'dead_letter'])
    await sql`delete from ${sql.table(table)}`.execute(db);
});

test('letters are resent in the order in which that was asked for, and only those', async () => {
  await putAside(4, [3, 1, 4]);
  await resend();
  expect(tried).toEqual([3, 1, 4]);
  expect(await left()).toEqual([2]);
});

test.each<[string, (trx: Transaction<Tables>) => unknown]>([
  ['a mistake in the code', () => Promise.reject(new TypeError('undefined is not a parrot'))],
  ['a table that is not there yet', (trx) => sql`select from nest_of_tomorrow`.execute(trx)],
  ['a connection that is lost', (trx) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx)],
])('a letter that meets %s holds up no other, is told, and is tried again', async (_, surprise) => {
  await putAside(3, [1, 2, 3]);
  const fail = (n: number, trx: Transaction<Tables>) => n === 1 && surprise(trx);
  await expect(resend(fail)).rejects.toThrow(/parrot|nest_of_tomorrow|terminat/);
  expect(await nests()).toEqual([2, 3]);
  expect(await left()).toEqual([1]);
  expect(tried).toEqual([1, 2, 3]);

  await expect(resend(fail)).rejects.toThrow();
  expect(await left()).toEqual([1]);
  at = new Date(at.getTime() + 5_000);
  await resend();
  expect(await nests()).toEqual([1, 2, 3]);
  expect(await left()).toEqual([]);
});

test('letters that all meet a surprise are tried once each, and again the next time', async () => {
  await putAside(3, [1, 2, 3]);
  const surprise = () => Promise.reject(new TypeError('undefined is not a parrot'));
  await expect(resend(surprise)).rejects.toThrow(
    `dead letter ${letter(1)} (${tasksCreated.name}): undefined`,
  );
  expect(tried).toEqual([1, 2, 3]);
  expect(await left()).toHaveLength(3);
  await resend();
  expect(tried).toEqual([1, 2, 3, 1, 2, 3]);
  expect(await left()).toEqual([]);
});

test('a letter that is refused again waits until somebody asks once more', async () => {
  await putAside(2, [1, 2]);
  await resend(() => Promise.reject(new Refusal('CONFLICT', 'This nest is taken.')));
  expect(tried).toEqual([1, 2]);
  expect(await listDeadLetters(db, 10)).toMatchObject(
    [1, 2].map(() => ({ error: 'This nest is taken.', attempts: 2 })),
  );
  await resend();
  expect(tried).toEqual([1, 2]);
});

import { toColumns } from '@ates/schema/event';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase, workOn } from '../../tests/support/databases.ts';
import { countRows, createdFact, deliveryOf, idOf, tasksCreated } from '../../tests/support/facts.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { type OutboxTables, outboxSql } from '../src/database/outbox.ts';
import type { UnitOfWork } from '../src/database/unitOfWork.ts';
import { applyDelivery } from '../src/events/apply.ts';
import { listDeadLetters } from '../src/events/deadLetters.ts';
import { onEvent } from '../src/events/handlers.ts';
import { heldEventsSql } from '../src/events/heldEvents.ts';
import { type InboxTables, inboxSql } from '../src/events/inbox.ts';
import { Refusal } from '../src/process/refusal.ts';

type Tables = InboxTables & OutboxTables & { nest: { id: string } };

let db: Kysely<Tables>;
beforeAll(async () => {
  db = openTestDatabase((await createEmptyDatabase()).migrationUrl);
  await runSqlFiles(db, inboxSql, heldEventsSql, outboxSql);
  await sql`create table nest (
    id uuid primary key,
    eggs smallint not null default 1 check (eggs < 10),
    colour varchar(5),
    parent uuid references nest (id),
    occupied int4range,
    exclude using gist (occupied with &&)
  )`.execute(db);
});
afterAll(() => db?.destroy());
beforeEach(async () => {
  for (const table of ['nest', 'inbox', 'dead_letter', 'outbox_delivery', 'outbox_event'])
    await sql`delete from ${sql.table(table)}`.execute(db);
});

const moment = '2026-03-10T09:00:00.000Z';
const now = () => new Date(moment);
const [good, bad, alsoGood] = [idOf(0xb, 1), idOf(0xb, 2), idOf(0xb, 3)];

/** Delivers three facts to a handler that makes a nest of each. For the second it also calls `fail`. */
function deliver(fail: (work: UnitOfWork<Tables>) => Promise<unknown>) {
  const handler = onEvent<Tables, typeof tasksCreated>(tasksCreated, async (work, facts) => {
    for (const id of facts.taskId) {
      await work.trx.insertInto('nest').values({ id }).execute();
      if (id === bad) await fail(work);
    }
  });
  const facts = [good, bad, alsoGood].map((id) => createdFact(id, moment));
  return applyDelivery(workOn(db, { now }), 'accounting', handler, deliveryOf(tasksCreated, facts));
}
async function nests(): Promise<string[]> {
  return (await db.selectFrom('nest').select('id').orderBy('id').execute()).map(({ id }) => id);
}
/** Expects that the fact that failed is put aside, and no other. */
async function expectPutAside(reason: RegExp): Promise<void> {
  expect(await nests()).toEqual([good, alsoGood]);
  const [letter, ...others] = await listDeadLetters(db, 10);
  expect(others).toEqual([]);
  expect(letter).toMatchObject({ consumer: 'accounting', event: tasksCreated.name, attempts: 1 });
  expect(letter!.error).toMatch(reason);
  expect(JSON.parse(letter!.fact)).toMatchObject({ taskId: bad });
}

describe('poison is a fact', () => {
  test.each([
    ['22001', 'is too long', `update nest set colour = 'mustard'`, /too long/],
    ['22003', 'is too big a number', `update nest set eggs = 40000`, /out of range/],
    ['22012', 'divides by zero', `update nest set eggs = 1 / (eggs - 1)`, /division by zero/],
    ['22021', 'has a NUL in it', `select convert_from('\\x00', 'UTF8')`, /0x00/],
    ['22P02', 'is no id', `select 'POPUG-42'::uuid`, /invalid input syntax/],
    ['23503', 'names what there is not', `update nest set parent = '${idOf(0xb, 9)}'`, /foreign key/],
    ['23505', 'is there already', `insert into nest (id) values ('${bad}')`, /unique/],
    ['23514', 'breaks a rule of the table', `update nest set eggs = 12`, /check constraint/],
    [
      '23P01',
      'overlaps another',
      `insert into nest (id, occupied) values
       ('${idOf(0xb, 8)}', '[1,5]'), ('${idOf(0xb, 9)}', '[5,9]')`,
      /exclusion/,
    ],
  ])('with SQLSTATE %s: it %s', async (code, _, statement, reason) => {
    let state: unknown;
    const applied = await deliver(({ trx }) =>
      sql
        .raw(statement)
        .execute(trx)
        .catch((error) => {
          state = error.code;
          throw error;
        }),
    );
    expect(state).toBe(code);
    expect(applied).toBe('applied in part');
    await expectPutAside(reason);
  });

  test('that a rule refuses', async () => {
    const refuse = () => Promise.reject(new Refusal('CONFLICT', 'This nest is taken.'));
    expect(await deliver(refuse)).toBe('applied in part');
    await expectPutAside(/^This nest is taken\.$/);
  });

  test('whose consequence does not match the schema of its event', async () => {
    const publish = (work: UnitOfWork<Tables>) =>
      work.append(tasksCreated, toColumns(tasksCreated, [createdFact('POPUG-42', moment)]), 'interactive');
    expect(await deliver(publish)).toBe('applied in part');
    await expectPutAside(/tracker\.tasks_created\.v1 does not match its schema: taskId/);
    expect(await countRows(db, 'outbox_event')).toBe(0);
  });
});

describe('no poison, but tried again, is', () => {
  test.each<[string, (work: UnitOfWork<Tables>) => Promise<unknown>]>([
    ['a table that is not there yet', ({ trx }) => sql`select from nest_of_tomorrow`.execute(trx)],
    [
      'a column that an older worker does not fill',
      ({ trx }) => sql`update nest set eggs = null`.execute(trx),
    ],
    ['a right that is not granted yet', ({ trx }) => sql`select from pg_authid`.execute(trx)],
    ['a mistake in the code', () => Promise.reject(new TypeError('undefined is not a parrot'))],
  ])('%s: nothing is applied, and nothing put aside', async (_, fail) => {
    await expect(deliver(fail)).rejects.toThrow(/nest_of_tomorrow|not-null|pg_authid|parrot/);
    for (const table of ['nest', 'inbox', 'dead_letter']) expect(await countRows(db, table), table).toBe(0);
  });
});

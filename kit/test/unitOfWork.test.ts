import { toColumns } from '@ates/schema/event';
import { type Kysely, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase, workOn } from '../../tests/support/databases.ts';
import { countRows, createdFact, deliveryOf, idOf, tasksCreated } from '../../tests/support/facts.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { type OutboxTables, outboxSql } from '../src/database/outbox.ts';
import { EventSchemaError, type Hint, type UnitOfWork } from '../src/database/unitOfWork.ts';
import { applyDelivery } from '../src/events/apply.ts';
import { onEvent } from '../src/events/handlers.ts';
import { heldEventsSql } from '../src/events/heldEvents.ts';
import { type InboxTables, inboxSql } from '../src/events/inbox.ts';
import { Refusal } from '../src/process/refusal.ts';

type Tables = InboxTables & OutboxTables & { nest: { id: string } };

const moment = '2026-03-10T09:00:00.000Z';
let at: Date;
let db: Kysely<Tables>;
let listener: pg.Client;
const hints: Hint[] = [];
const woken: string[] = [];
const database = () => workOn(db, { now: () => at }, { send: (hint) => void hints.push(hint) });
const columnsOf = (...ids: string[]) =>
  toColumns(
    tasksCreated,
    ids.map((id) => createdFact(id, moment)),
  );
/** Does all that a unit of work can: appends an event, wakes a loop and sends a hint. */
async function everything(work: UnitOfWork<Tables>): Promise<void> {
  await work.append(tasksCreated, columnsOf(idOf(0xb, 1)), 'bulk');
  work.wake('runs');
  work.hint('nests', ['the first'], 'interactive');
}
/** Expects no event, no hint, and no notification before one that is sent now. */
async function expectNothingFollowed(): Promise<void> {
  expect(await countRows(db, 'outbox_event')).toBe(0);
  await sql`select pg_notify('mail', '')`.execute(db);
  await expect.poll(() => woken).toContain('mail');
  expect(woken).toEqual(['mail']);
  expect(hints).toEqual([]);
}

beforeAll(async () => {
  const { migrationUrl } = await createEmptyDatabase();
  db = openTestDatabase(migrationUrl);
  await runSqlFiles(db, inboxSql, heldEventsSql, outboxSql);
  await sql`create table nest (id uuid primary key)`.execute(db);
  listener = new pg.Client(migrationUrl);
  await listener.connect();
  await listener.query('listen outbox_bulk; listen runs; listen mail');
  listener.on('notification', ({ channel }) => woken.push(channel));
});
beforeEach(async () => {
  at = new Date(moment);
  for (const table of ['nest', 'inbox', 'dead_letter', 'outbox_delivery', 'outbox_event'])
    await sql`delete from ${sql.table(table)}`.execute(db);
  hints.length = 0;
  woken.length = 0;
});
afterAll(async () => {
  await listener?.end();
  await db?.destroy();
});

test('events and hints need a unit of work: a transaction has none of it', () => {
  expectTypeOf<UnitOfWork<Tables>>().toHaveProperty('append');
  type Plain = Transaction<Tables>;
  expectTypeOf<Plain>().not.toHaveProperty('append');
  expectTypeOf<Plain>().not.toHaveProperty('hint');
  expectTypeOf<Plain>().not.toHaveProperty('wake');
  expectTypeOf<Plain>().not.toExtend<UnitOfWork<Tables>>();
  expectTypeOf<Kysely<Tables>>().not.toExtend<UnitOfWork<Tables>>();
});

describe('what follows from a unit of work', () => {
  test('happens after its commit, and once per loop', async () => {
    await database().transact(async (work) => {
      await everything(work);
      await everything(work);
      expect(hints).toEqual([]);
    });
    const hint = { topic: 'nests', keys: ['the first'], lane: 'interactive' };
    expect(hints).toEqual([hint, hint]);
    await expect.poll(() => woken.toSorted()).toEqual(['outbox_bulk', 'runs']);
    expect(await countRows(db, 'outbox_event')).toBe(2);
  });

  test('does not happen where it is rolled back', async () => {
    const failing = database().transact(async (work) => {
      await everything(work);
      throw new Error('the nest fell down');
    });
    await expect(failing).rejects.toThrow('the nest fell down');
    await expectNothingFollowed();
  });

  test('does not happen where the commit fails', async () => {
    await sql`alter table nest add constraint later unique (id) deferrable initially deferred`.execute(db);
    try {
      const failing = database().transact(async (work) => {
        await everything(work);
        await sql`insert into nest (id) values (${idOf(0xb, 1)})`.execute(work.trx);
        // The primary key would refuse the row at once, so this transaction drops it.
        await sql`alter table nest drop constraint nest_pkey`.execute(work.trx);
        await sql`insert into nest (id) values (${idOf(0xb, 1)})`.execute(work.trx);
      });
      await expect(failing).rejects.toMatchObject({ code: '23505' });
      await expectNothingFollowed();
    } finally {
      await sql`alter table nest drop constraint later`.execute(db);
    }
  });

  test('is that of the try that succeeds, since each try has a unit of its own', async () => {
    const units = new Set<UnitOfWork<Tables>>();
    await database().transact(async (work) => {
      units.add(work);
      work.hint('nests', [`try ${units.size}`], 'interactive');
      await work.append(tasksCreated, columnsOf(idOf(0xb, units.size)), 'bulk');
      // The database's error for two transactions that are in conflict.
      if (units.size < 3) await sql`do $$ begin raise sqlstate '40001'; end $$`.execute(work.trx);
    });
    expect(units.size).toBe(3);
    expect(hints.map(({ keys }) => keys)).toEqual([['try 3']]);
    expect(await countRows(db, 'outbox_event')).toBe(1);
  });

  test('is dropped with the savepoint it was noted under', async () => {
    await database().transact(async (work) => {
      work.hint('nests', ['before'], 'interactive');
      const part = work.savepoint(async () => {
        await everything(work);
        await work.savepoint(async () => work.hint('nests', ['within'], 'interactive'));
        throw new Error('taken back');
      });
      await expect(part).rejects.toThrow('taken back');
      await work.savepoint(async () => work.hint('nests', ['after'], 'interactive'));
    });
    expect(hints.map(({ keys }) => keys)).toEqual([['before'], ['after']]);
    hints.length = 0;
    await expectNothingFollowed();
  });

  test('is dropped where a fact is poison, and happens for the other facts of its event', async () => {
    const [good, bad, alsoGood] = [idOf(0xb, 1), idOf(0xb, 2), idOf(0xb, 3)];
    const handler = onEvent<Tables, typeof tasksCreated>(tasksCreated, async (work, { taskId }) => {
      for (const id of taskId) {
        await work.append(tasksCreated, columnsOf(id), 'bulk');
        work.hint('nests', [id], 'interactive');
        if (id === bad) throw new Refusal('CONFLICT', 'This nest is taken.');
      }
    });
    const delivery = deliveryOf(
      tasksCreated,
      [good, bad, alsoGood].map((id) => createdFact(id, moment)),
    );
    expect(await applyDelivery(database(), 'accounting', handler, delivery)).toBe('applied in part');
    expect(hints.flatMap(({ keys }) => keys)).toEqual([good, alsoGood]);
    expect(await countRows(db, 'outbox_event')).toBe(2);
  });
});

test('an event that does not match its schema is refused at once, before anything is written', async () => {
  const failing = database().transact(async (work) => {
    const append = work.append(tasksCreated, columnsOf('POPUG-42'), 'bulk');
    await expect(append).rejects.toThrow(EventSchemaError);
    // The transaction can go on.
    expect(await countRows(work.trx, 'outbox_event')).toBe(0);
    return append;
  });
  await expect(failing).rejects.toThrow(/tracker\.tasks_created\.v1 does not match its schema: taskId/);
  await expectNothingFollowed();
});

test('its moment stays, unless it is read anew after a lock was waited for', async () => {
  await database().transact(async (work) => {
    at = new Date('2026-03-10T09:00:01.000Z');
    expect(work.now).toEqual(new Date(moment));
    expect(work.readClock()).toEqual(at);
    expect(work.now).toEqual(at);
  });
});

import type { OutboxTables } from '@ates/kit/database/outbox';
import { newId } from '@ates/kit/process/ids';
import { type EventDefinition, type Fact, toColumns } from '@ates/schema/event';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase, workOn } from './support/databases.ts';
import { type Exchange, startExchange } from './support/exchange.ts';
import { assignedFact, behindTheScenes, createdFact, tasksAssigned, tasksCreated } from './support/facts.ts';

/**
 * A kind of events that the database refuses as a whole waits. Nothing of it is lost, and other kinds are applied.
 */

const moment = '2026-03-10T09:00:00.000Z';
let exchange: Exchange;
const errors: string[] = [];

beforeAll(async () => {
  const log = pino({ level: 'error' }, { write: (line: string) => void errors.push(JSON.parse(line).msg) });
  exchange = await startExchange({ startsAt: moment, log });
});
afterAll(() => exchange?.stop());

const rows = (query: string, parameters: unknown[] = []) =>
  behindTheScenes(
    exchange.databases.accounting,
    async (client) => (await client.query(query, parameters)).rows,
  );
const count = async (table: string) => Number((await rows(`select count(*) as n from ${table}`))[0].n);
const refuse = () =>
  rows(`alter table ledger_entry add constraint no_fees check (kind <> 'ASSIGNMENT_FEE') not valid`);
const mend = () => rows('alter table ledger_entry drop constraint no_fees');

/** Appends an event to tracker's outbox, as a use case would. */
async function tell<Definition extends EventDefinition>(
  definition: Definition,
  facts: readonly Fact<Definition>[],
  lane: 'interactive' | 'bulk' = 'interactive',
): Promise<void> {
  const db = openTestDatabase<OutboxTables>(exchange.databases.tracker);
  await workOn(db, { now: () => new Date(moment) }).transact((work) =>
    work.append(definition, toColumns(definition, facts), lane),
  );
  await db.destroy();
}
/** Sends one assignment in one event. Returns its id. */
async function assign(lane: 'interactive' | 'bulk' = 'interactive'): Promise<string> {
  const id = newId();
  await tell(tasksAssigned, [assignedFact(newId(), newId(), moment, id)], lane);
  return id;
}
const held = async () =>
  (await exchange.data('ada', '{ accountingHeldEvents { id event consumer attempts error } }'))
    .accountingHeldEvents;
const letters = async (args = '') =>
  (await exchange.data('ada', `{ accountingDeadLetters${args} { id event error } }`)).accountingDeadLetters;
const charged = async (ids: string[]) =>
  (await rows('select id from ledger_entry where id = any($1) order by id', [ids])).map(({ id }) => id);
const ledgerIsSound = async () =>
  expect((await exchange.data('ada', '{ ledgerAudit { ok } }')).ledgerAudit).toEqual({ ok: true });

/** Makes the workers try held events at once, and not within half a minute. */
const tryHeld = () => rows(`select pg_notify('dead_letters', '')`);

/** Refuses fees until the kind waits; returns the assignments whose charges became dead letters. */
async function makeItWait(): Promise<string[]> {
  await refuse();
  const refused: string[] = [];
  for (let n = 0; n < 5; n++) {
    refused.push(await assign());
    await exchange.settle();
  }
  return refused;
}

afterEach(async () => {
  await rows('alter table ledger_entry drop constraint if exists no_fees');
  await rows('delete from dead_letter');
  await tryHeld();
  await expect.poll(() => count('held_event'), { timeout: 60_000 }).toBe(0);
  errors.length = 0;
});

describe('after five refusals in a row for one reason', () => {
  test('the kind waits in either lane while others flow, and is applied once the database is mended', async () => {
    const refused = await makeItWait();
    expect(await letters()).toHaveLength(5);
    const waiting = [await assign(), await assign('bulk'), await assign()];
    const created = newId();
    await tell(tasksCreated, [createdFact(created, moment)]);
    await exchange.settle();
    expect(await letters()).toHaveLength(5);
    expect(await held()).toMatchObject(
      waiting.map(() => ({ event: tasksAssigned.name, consumer: 'accounting' })),
    );
    expect(await rows('select 1 from task_price where task_id = $1', [created])).toHaveLength(1);
    expect(errors.filter((line) => line.includes('waits with'))).toEqual([
      expect.stringMatching(
        /accounting waits with tracker\.tasks_assigned\.v1: .*23514 no_fees.*mend the database/,
      ),
    ]);

    // Tried and refused again, the event stays, with its reason.
    await tryHeld();
    await expect.poll(async () => (await held())[0].attempts, { timeout: 30_000 }).toBeGreaterThan(0);
    expect((await held())[0].error).toContain('no_fees');
    expect(await letters()).toHaveLength(5);

    await mend();
    await tryHeld();
    await expect.poll(held, { timeout: 30_000 }).toEqual([]);
    expect(await charged(waiting)).toEqual([...waiting].sort());
    // New events of the kind are applied again.
    const next = await assign();
    await exchange.settle();
    expect(await charged([next])).toEqual([next]);

    const { resendAccountingDeadLetters: resent } = await exchange.data(
      'ada',
      `mutation { resendAccountingDeadLetters(event: "${tasksAssigned.name}") }`,
    );
    expect(resent).toBe(5);
    await expect.poll(() => letters(), { timeout: 30_000 }).toEqual([]);
    expect(await charged(refused)).toEqual([...refused].sort());
    await ledgerIsSound();
  });

  test('workers that end and start again lose nothing and double nothing', async () => {
    await makeItWait();
    const waiting = [await assign(), await assign()];
    await exchange.settle();
    await exchange.stopWorkers();
    waiting.push(await assign());
    await exchange.startWorkers();
    await exchange.settle();
    await expect.poll(async () => (await held())[0]?.attempts, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(await charged(waiting)).toEqual([]);
    await mend();
    await tryHeld();
    await expect.poll(held, { timeout: 30_000 }).toEqual([]);
    // Events that came before the new process knew that the kind waits may be dead letters.
    await exchange.data('ada', `mutation { resendAccountingDeadLetters(event: "${tasksAssigned.name}") }`);
    await expect.poll(() => letters(), { timeout: 30_000 }).toEqual([]);
    expect(await charged(waiting)).toEqual([...waiting].sort());
    await ledgerIsSound();
  });

  test('an admin who discards what is held lets the kind flow again; the log keeps who and what', async () => {
    await makeItWait();
    const discarded = await assign();
    await exchange.settle();
    const [event] = await held();
    await mend();
    const query = 'mutation ($id: ID!) { discardAccountingHeldEvent(id: $id) }';
    expect(await exchange.data('ada', query, { id: event.id })).toEqual({ discardAccountingHeldEvent: true });
    expect((await exchange.ask('ada', query, { id: event.id })).errors?.[0]?.extensions.code).toBe(
      'NOT_FOUND',
    );
    const next = await assign();
    await exchange.settle();
    await expect.poll(() => charged([next]), { timeout: 60_000 }).toEqual([next]);
    expect(await charged([discarded])).toEqual([]);
  });
});

test('four refusals in a row make no kind wait, nor do twice four with a success in between', async () => {
  for (let times = 1; times <= 2; times++) {
    await refuse();
    for (let n = 0; n < 4; n++) {
      await assign();
      await exchange.settle();
    }
    await mend();
    const next = await assign();
    await exchange.settle();
    expect(await charged([next])).toEqual([next]);
    expect(await letters()).toHaveLength(4 * times);
  }
  expect(errors.filter((line) => line.includes('waits with'))).toEqual([]);
});

test('a column that an older worker does not fill makes no dead letter: its events are applied once there is a default', async () => {
  await rows('alter table ledger_entry add column added integer');
  await rows('update ledger_entry set added = 1');
  await rows('alter table ledger_entry alter column added set not null');
  const ids = [await assign(), await assign()];
  const attempts = async () =>
    Number(
      (
        await behindTheScenes(exchange.databases.tracker, (client) =>
          client.query('select coalesce(max(attempts), 0) as n from outbox_delivery'),
        )
      ).rows[0].n,
    );
  await expect.poll(attempts, { timeout: 30_000 }).toBeGreaterThan(0);
  await rows('alter table ledger_entry alter column added set default 1');
  await exchange.settle(90_000);
  expect(await charged(ids)).toEqual([...ids].sort());
  expect(await letters()).toEqual([]);
  expect(await held()).toEqual([]);
  await rows('alter table ledger_entry drop column added');
  await ledgerIsSound();
});

test('dead letters are paged, filtered by kind, and discarded one by one or all of a kind', async () => {
  const letter = (event: string) =>
    rows(
      `insert into dead_letter (id, consumer, event, lane, fact, error, attempts, failed_at)
       values ($1, 'accounting', $2, 'bulk', '{}', 'torn', 1, now())`,
      [newId(), event],
    );
  for (const event of ['a.v1', 'b.v1', 'a.v1', 'b.v1', 'a.v1']) await letter(event);
  const all = await letters();
  expect(all.map(({ event }: { event: string }) => event)).toEqual(['a.v1', 'b.v1', 'a.v1', 'b.v1', 'a.v1']);
  const first = await letters('(first: 2)');
  const second = await letters(`(first: 2, after: "${first[1].id}")`);
  expect([...first, ...second]).toEqual(all.slice(0, 4));
  expect(await letters('(event: "b.v1")')).toEqual([all[1], all[3]]);
  expect(await letters(`(event: "b.v1", after: "${all[1].id}")`)).toEqual([all[3]]);
  const bad = await exchange.ask('ada', '{ accountingDeadLetters(after: "POPUG-42") { id } }');
  expect(bad.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  const discard = 'mutation ($id: ID!) { discardAccountingDeadLetter(id: $id) }';
  await exchange.data('ada', discard, { id: all[0].id });
  expect((await exchange.ask('ada', discard, { id: all[0].id })).errors?.[0]?.extensions.code).toBe(
    'NOT_FOUND',
  );
  expect((await exchange.ask('max', discard, { id: all[1].id })).errors?.[0]?.extensions.code).toBe(
    'FORBIDDEN',
  );
  const { discardAccountingDeadLetters: n } = await exchange.data(
    'ada',
    'mutation { discardAccountingDeadLetters(event: "a.v1") }',
  );
  expect(n).toBe(2);
  expect(await letters()).toEqual([all[1], all[3]]);
});

import { defineEvent, encodeColumns } from '@ates/schema/event';
import { id } from '@ates/schema/fields';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase, workOn } from '../../tests/support/databases.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { applyDelivery, applyTogether } from '../src/events/apply.ts';
import { type Delivery, onEvent } from '../src/events/handlers.ts';
import { heldEventsSql } from '../src/events/heldEvents.ts';
import { type InboxTables, inboxSql } from '../src/events/inbox.ts';
import { gather } from '../src/process/gather.ts';
import { newId } from '../src/process/ids.ts';
import { Refusal } from '../src/process/refusal.ts';

describe('what is gathered', () => {
  test('goes at once while nothing is under way, and together after that', async () => {
    const taken: number[][] = [];
    const releases: (() => void)[] = [];
    const add = gather<number, number>(async (items) => {
      taken.push([...items]);
      await new Promise<void>((resolve) => releases.push(resolve));
      return items.map((item) => ({ status: 'fulfilled', value: item * 10 }));
    }, 3);
    const results = [1, 2, 3, 4, 5, 6].map(add);
    await Promise.resolve();
    expect(taken).toEqual([[1], [2]]);
    releases[0]?.();
    expect(await results[0]).toBe(10);
    releases[1]?.();
    expect(await results[1]).toBe(20);
    await Promise.resolve();
    expect(taken).toEqual([[1], [2], [3, 4, 5], [6]]);
    for (const release of releases) release();
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50, 60]);
  });

  test('fails each for itself, or all of it, and what comes later goes on', async () => {
    const add = gather<string, string>(async (items) => {
      if (items.includes('all')) throw new Error('nothing works');
      return items.map((item) =>
        item === 'bad'
          ? { status: 'rejected', reason: new Error('bad') }
          : { status: 'fulfilled', value: item },
      );
    }, 10);
    const outcomes = await Promise.allSettled(['a', 'b', 'bad', 'c'].map(add));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    await expect(add('all')).rejects.toThrow('nothing works');
    expect(await add('d')).toBe('d');
  });
});

describe('events that are applied together', () => {
  const nestBuilt = defineEvent({
    name: 'tracker.nest_built.v1',
    consumers: ['analytics'],
    fact: { nestId: id() },
  });
  let db: Kysely<InboxTables>;
  let calls: string[][] = [];
  const refused = newId();
  const handler = onEvent<InboxTables, typeof nestBuilt>(nestBuilt, async ({ trx }, { nestId }) => {
    calls.push(nestId);
    if (nestId.includes(refused)) throw new Refusal('CONFLICT', 'never');
    await sql`insert into nest select unnest(${nestId}::uuid[])`.execute(trx);
  });
  const deliveryOf = (...nestId: string[]): Delivery => ({
    eventId: newId(),
    event: nestBuilt.name,
    lane: 'interactive',
    payload: encodeColumns({ nestId }),
  });
  const together = (deliveries: Delivery[]) => applyTogether(workOn(db), 'analytics', handler, deliveries);
  const nests = async () =>
    (await sql<{ id: string }>`select id from nest order by id`.execute(db)).rows.map((row) => row.id);

  beforeAll(async () => {
    db = openTestDatabase((await createEmptyDatabase()).migrationUrl);
    await runSqlFiles(db, inboxSql, heldEventsSql);
    await sql`create table nest (id uuid not null)`.execute(db);
  });
  beforeEach(async () => {
    await sql`truncate nest, inbox`.execute(db);
    calls = [];
  });
  afterAll(() => db.destroy());

  test('are one call, and count once each however often they come', async () => {
    const ids = [newId(), newId(), newId()];
    const deliveries = [deliveryOf(ids[0] as string), deliveryOf(ids[1] as string, ids[2] as string)];
    const [first] = deliveries as [Delivery];
    expect(await together([...deliveries, first])).toBe(true);
    expect(calls).toHaveLength(1);
    expect(await nests()).toEqual(ids);
    expect(await together(deliveries)).toBe(true);
    expect(await applyDelivery(workOn(db), 'analytics', handler, first)).toBe('had it already');
    expect(calls).toHaveLength(1);
    expect(await nests()).toEqual(ids);
  });

  test('change nothing where one of them is refused, and are not taken for applied', async () => {
    const good = deliveryOf(newId());
    await expect(together([good, deliveryOf(refused)])).rejects.toThrow('never');
    expect(await nests()).toEqual([]);
    expect(await applyDelivery(workOn(db), 'analytics', handler, good)).toBe('applied');
  });

  test('are left alone where one is no event, or where they are too many facts', async () => {
    const good = deliveryOf(newId());
    expect(await together([good, { ...good, eventId: newId(), payload: '{' }])).toBe(false);
    expect(await together([good, { ...good, eventId: newId(), payload: '{"nestId":["no id"]}' }])).toBe(
      false,
    );
    const many = Array.from({ length: 1_000 }, newId);
    expect(await together([good, deliveryOf(...many)])).toBe(false);
    expect(await nests()).toEqual([]);
    expect(calls).toEqual([]);
  });

  test('two transactions with the same events do not wait for each other in a circle', async () => {
    const deliveries = Array.from({ length: 50 }, () => deliveryOf(newId()));
    await Promise.all([together(deliveries), together(deliveries.toReversed())]);
    expect(await nests()).toHaveLength(50);
  });
});

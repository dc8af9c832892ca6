import { encodeColumns, toColumns } from '@ates/schema/event';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase, workOn } from '../../tests/support/databases.ts';
import { createdFact, idOf } from '../../tests/support/facts.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { type OutboxTables, outboxSql } from '../src/database/outbox.ts';
import type { ServiceDatabase } from '../src/database/unitOfWork.ts';
import { takeDeliveries } from '../src/events/deliveries.ts';

let url: string;
let db: Kysely<OutboxTables>;
beforeAll(async () => {
  url = (await createEmptyDatabase()).migrationUrl;
  db = openTestDatabase(url);
  await runSqlFiles(db, outboxSql);
});
afterAll(() => db?.destroy());

const begun = new Date('2026-03-10T09:00:00.000Z');

const appendOne = (database: ServiceDatabase<OutboxTables>, fact: ReturnType<typeof createdFact>) =>
  database.transact((work) => work.append(tasksCreated, toColumns(tasksCreated, [fact]), 'interactive'));

test.each([2_000, 30_000])(
  'a delivery without a receipt is sent again ever later, after %i ms at first, but after 30 s at most',
  async (resendAfterMs) => {
    await db.deleteFrom('outbox_delivery').execute();
    await appendOne(workOn(db, { now: () => begun }), createdFact(idOf(0xb, 1), begun));
    const take = (now: Date) =>
      takeDeliveries(db, { lane: 'interactive', consumer: 'accounting', window: 10, now, resendAfterMs });
    let now = begun;
    const waitsMs: number[] = [];
    for (let sent = 1; sent <= 100; sent++) {
      expect(await take(now), `sending ${sent}`).toHaveLength(1);
      const { next_at: next } = await db
        .selectFrom('outbox_delivery')
        .select('next_at')
        .where('consumer', '=', 'accounting')
        .executeTakeFirstOrThrow();
      expect(await take(new Date(next.getTime() - 1))).toEqual([]);
      waitsMs.push(next.getTime() - now.getTime());
      now = next;
    }
    expect(waitsMs).toEqual(waitsMs.map((_, at) => Math.min((at + 1) * resendAfterMs, 30_000)));
  },
);

test('what was never sent is due, however far ahead the clock of its producer was', async () => {
  await db.deleteFrom('outbox_delivery').execute();
  const inTenDays = new Date(Date.now() + 10 * 86_400_000);
  await appendOne(workOn(db, { now: () => inTenDays }), createdFact(idOf(0xd, 1), inTenDays));
  const options = { lane: 'interactive', consumer: 'accounting', window: 10, resendAfterMs: 2_000 } as const;
  expect(await takeDeliveries(db, { ...options, now: new Date() })).toHaveLength(1);
});

/** The time by which the wrong clocks of these tests are ahead. */
const tenDaysMs = 10 * 86_400_000;

/** Appends an event for each number. Returns a function that takes due deliveries and counts them. */
async function append(...numbers: number[]) {
  await db.deleteFrom('outbox_delivery').execute();
  for (const n of numbers)
    await appendOne(workOn(db, { now: () => begun }), createdFact(idOf(0xd, n), begun));
  return async (now: Date, window = 10) =>
    (
      await takeDeliveries(db, {
        ...{ lane: 'interactive', consumer: 'accounting', resendAfterMs: 2_000 },
        ...{ window, now },
      })
    ).length;
}
const after = (ms: number) => new Date(begun.getTime() + ms);

test('what was never sent is due, whatever the outbox of an earlier version says', async () => {
  const take = await append(1, 2);
  for (const ms of [1, 20_000, tenDaysMs]) {
    await db
      .updateTable('outbox_delivery')
      .set({ attempts: 0, next_at: after(ms) })
      .execute();
    expect(await take(begun, 0)).toBe(0);
    expect([await take(begun), await take(begun)], `${ms} ms ahead`).toEqual([2, 0]);
  }
});

test('what a relay ten days ahead has sent is sent again by one whose clock is right, and does not fill its window', async () => {
  const take = await append(1, 2);
  expect(await take(after(tenDaysMs))).toBe(2);
  expect(await take(begun, 1)).toBe(1);
  // That delivery is under way now, as everything else that was just sent.
  expect([await take(begun, 1), await take(begun, 2), await take(begun, 2)]).toEqual([0, 1, 0]);
  expect(await take(after(3_999))).toBe(0);
  expect(await take(after(4_000))).toBe(2);
});

test('a bulk event is sent as it was appended, whether its payload is still at hand or has to be read', async () => {
  await db.deleteFrom('outbox_delivery').execute();
  await db.deleteFrom('outbox_event').execute();
  const database = workOn(db, { now: () => begun });
  const appended: string[] = [];
  for (let n = 0; n < 20; n++) {
    const columns = toColumns(tasksCreated, [createdFact(idOf(0xc, n), begun)]);
    appended.push(encodeColumns(columns));
    await database.transact((work) => work.append(tasksCreated, columns, 'bulk'));
  }
  await expect(
    database.transact(async (work) => {
      const columns = toColumns(tasksCreated, [createdFact(idOf(0xc, 20), begun)]);
      await work.append(tasksCreated, columns, 'bulk');
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  const take = async ({ db: from, keptPayloads }: ServiceDatabase<OutboxTables>, consumer: string) => {
    const options = { lane: 'bulk', consumer, window: 1_000, now: begun, resendAfterMs: 30_000 } as const;
    const taken = await takeDeliveries(from, { ...options, kept: keptPayloads.now });
    return taken.map(({ payload }) => payload);
  };
  expect(await take(database, 'accounting')).toEqual(appended);
  // Another process has kept none of these payloads, and reads them.
  const other = openTestDatabase(url);
  expect(await take(workOn(other), 'analytics')).toEqual(appended);
  await other.destroy();
});

test('the payloads that were appended last are not read back, as long as they are some megabytes', async () => {
  await db.deleteFrom('outbox_delivery').execute();
  await db.deleteFrom('outbox_event').execute();
  const database = workOn(db, { now: () => begun });
  const appended: string[] = [];
  // Each payload is just under two megabytes.
  for (let n = 0; n < 6; n++) {
    const facts = Array.from({ length: 200 }, (_, at) => ({
      ...createdFact(idOf(0xd, n * 200 + at), begun),
      title: `${at} ${'x'.repeat(9_000)}`,
    }));
    const columns = toColumns(tasksCreated, facts);
    appended.push(encodeColumns(columns));
    await database.transact((work) => work.append(tasksCreated, columns, 'bulk'));
  }
  // No service does this. Here it shows which payloads were read from the table.
  await db.updateTable('outbox_event').set({ payload: 'read back' }).execute();
  const taken = await takeDeliveries(db, {
    lane: 'bulk',
    consumer: 'accounting',
    window: 10,
    now: begun,
    resendAfterMs: 30_000,
    kept: database.keptPayloads.now,
  });
  expect(taken.map(({ payload }) => payload)).toEqual(['read back', 'read back', ...appended.slice(2)]);
});

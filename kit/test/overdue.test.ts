import { toColumns } from '@ates/schema/event';
import type { Kysely } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase, workOn } from '../../tests/support/databases.ts';
import { createdFact, idOf, tasksCreated } from '../../tests/support/facts.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { type OutboxTables, outboxSql } from '../src/database/outbox.ts';
import { takeDeliveries } from '../src/events/deliveries.ts';
import { watchOverdue } from '../src/events/overdue.ts';

let db: Kysely<OutboxTables>;
beforeAll(async () => {
  db = openTestDatabase<OutboxTables>((await createEmptyDatabase()).migrationUrl);
  await runSqlFiles(db, outboxSql);
});
afterAll(() => db.destroy());

const begun = new Date('2026-03-10T09:00:00.000Z');
const after = (minutes: number) => new Date(begun.getTime() + minutes * 60_000);

test('events that fail for over an hour are counted, and each consumer is named once an hour', async () => {
  for (const n of [1, 2]) {
    const columns = toColumns(tasksCreated, [createdFact(idOf(0xb, n), begun)]);
    await workOn(db, { now: () => begun }).transact((work) => work.append(tasksCreated, columns, 'bulk'));
  }
  // Both events are sent to accounting. Their deliveries to analytics are never tried.
  await takeDeliveries(db, {
    lane: 'bulk',
    consumer: 'accounting',
    window: 10,
    now: begun,
    resendAfterMs: 2_000,
  });
  const said: string[] = [];
  let now = after(59);
  let asked = 0;
  const clock = () => {
    asked++;
    return now;
  };
  const log = pino({ level: 'info' }, { write: (line: string) => void said.push(JSON.parse(line).msg) });
  const watch = watchOverdue({ db, producer: 'tracker', now: clock, log });
  const look = async (at: Date) => {
    now = at;
    const before = asked;
    watch.wake();
    await expect.poll(() => asked).toBeGreaterThan(before);
    await expect.poll(() => watch.found.length).toBe(at > after(60) ? 1 : 0);
  };
  await look(after(59));
  expect(said).toEqual([]);
  await look(after(61));
  await expect
    .poll(() => said)
    .toEqual([
      expect.stringMatching(
        /^accounting has not applied 2 events of tracker for over an hour, .*2026-03-10T09:00/,
      ),
    ]);
  expect(watch.found).toEqual([{ consumer: 'accounting', count: 2, since: begun }]);
  await look(after(100));
  expect(said).toHaveLength(1);
  await look(after(122));
  await expect.poll(() => said.length).toBe(2);
  await watch.stop();
});

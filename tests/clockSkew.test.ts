import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestClockSkew } from './support/clockSkew.ts';
import { asSuperuser } from './support/databases.ts';
import { type Exchange, startExchange, TestClock } from './support/exchange.ts';

const tenDaysMs = 10 * 86_400_000;

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange?.stop());

/** Counts accounting's closed days and entries, and the deliveries of tracker that wait for receipts. */
async function written() {
  const accounting = new pg.Client({ connectionString: asSuperuser(exchange.databases.accounting) });
  const tracker = new pg.Client({ connectionString: asSuperuser(exchange.databases.tracker) });
  await Promise.all([accounting.connect(), tracker.connect()]);
  const count = async (client: pg.Client, table: string) =>
    Number((await client.query(`select count(*) as n from ${table}`)).rows[0].n);
  const counts = {
    closedDays: await count(accounting, 'payout_run'),
    entries: await count(accounting, 'ledger_entry'),
    waiting: await count(tracker, 'outbox_delivery where attempts > 0'),
  };
  await Promise.all([accounting.end(), tracker.end()]);
  return counts;
}

test('workers whose clock is ten days ahead close no day and post nothing; once it is right they go on', async () => {
  await exchange.stopWorkers();
  const clock = new TestClock();
  clock.advance(tenDaysMs);
  const skew = new TestClockSkew();
  skew.set('ten days ahead');
  const before = await written();
  const internal = await exchange.startWorkers({ clock, skew });
  const readiness = async () => (await fetch(`${internal}/health/ready`)).text();
  expect(await readiness()).toContain('10 days ahead');
  for (let n = 0; n < 3; n++)
    await exchange.data('kiwi', `mutation { createTask(input: { title: "Count the seeds ${n}" }) { id } }`);
  // Relays go on: each task has two events, each for accounting and for analytics.
  await expect.poll(async () => (await written()).waiting, { timeout: 30_000 }).toBe(12);
  expect(await written()).toMatchObject({ closedDays: before.closedDays, entries: before.entries });

  clock.advance(-tenDaysMs);
  skew.set('in step');
  expect(await readiness()).toBe('ok\n');
  await exchange.settle();
  expect(await written()).toEqual({ closedDays: 0, entries: before.entries + 3, waiting: 0 });
  const { ledgerAudit, accountingDeadLetters } = await exchange.data(
    'ada',
    '{ ledgerAudit { ok } accountingDeadLetters { id } }',
  );
  expect(ledgerAudit).toEqual({ ok: true });
  expect(accountingDeadLetters).toEqual([]);
});

test('workers show how far their clock is from that of each of their databases', async () => {
  await exchange.stopWorkers();
  const metrics = await (await fetch(`${await exchange.startWorkers()}/metrics`)).text();
  const shown = [...metrics.matchAll(/^clock_skew_seconds\{service="(\w+)"\} (.+)$/gm)];
  expect(shown.map(([, service]) => service).sort()).toEqual(['accounting', 'analytics', 'auth', 'tracker']);
  for (const [, , seconds] of shown) expect(Math.abs(Number(seconds))).toBeLessThan(5);
});

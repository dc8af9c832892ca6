import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { type DayResult, playCompanyDay } from '@ates/demo/day/companyDay';
import { demoLogIns } from '@ates/demo/day/people';
import { createClient } from '@ates/demo/graphqlClient';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Exchange, startExchange } from './support/exchange.ts';

const rowCount = 48;
let exchange: Exchange;
let folder: string;
let printed: string[] = [];

beforeAll(async () => {
  exchange = await startExchange({
    startsAt: '2026-03-10T09:00:00Z',
    // A tenth of the defaults: the demo's operations stay a factor of ten below the limits.
    gateway: { MAX_COST: '20000', MAX_ANSWER_BYTES: '1600000' },
  });
  folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const rows = Array.from({ length: rowCount }, (_, at) => `Clean cage ${at + 1},,POPUG-${at + 1}`);
  await writeFile(join(folder, 'backlog.csv'), `title,description,jira id\n${rows.join('\n')}\n`);
});
afterAll(async () => {
  await exchange?.stop();
  if (folder) await rm(folder, { recursive: true });
});

async function playDay(): Promise<DayResult> {
  const client = createClient(`${exchange.url}/graphql`);
  printed = [];
  try {
    return await playCompanyDay({
      client,
      backlogFile: join(folder, 'backlog.csv'),
      print: (text) => printed.push(text),
    });
  } finally {
    await client.close();
  }
}

async function rows<Row extends pg.QueryResultRow>(
  service: 'tracker' | 'accounting',
  query: string,
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: exchange.databases[service] });
  await client.connect();
  try {
    return (await client.query<Row>(query)).rows;
  } finally {
    await client.end();
  }
}

/** Computes each account's balance before any payout from tracker's tables and the price list, without the ledger. */
async function earnedByFacts(): Promise<Map<string, number>> {
  const [assignments, resolved, prices] = await Promise.all([
    rows<{ task_id: string; assignee_id: string }>('tracker', 'select task_id, assignee_id from assignment'),
    rows<{ id: string; assignee_id: string }>(
      'tracker',
      'select id, assignee_id from task where resolved_at is not null',
    ),
    rows<{ task_id: string; fee: number; reward: number }>(
      'accounting',
      'select task_id, fee_cents::int as fee, reward_cents::int as reward from task_price',
    ),
  ]);
  const priceOf = new Map(prices.map((price) => [price.task_id, price]));
  const earned = new Map<string, number>();
  const add = (id: string, cents: number) => earned.set(id, (earned.get(id) ?? 0) + cents);
  for (const { task_id, assignee_id } of assignments) add(assignee_id, -priceOf.get(task_id)!.fee);
  for (const { id, assignee_id } of resolved) add(assignee_id, priceOf.get(id)!.reward);
  return earned;
}

async function inLedger(query: string): Promise<Map<string, number>> {
  const found = await rows<{ id: string; cents: number }>('accounting', query);
  return new Map(found.filter(({ cents }) => cents !== 0).map(({ id, cents }) => [id, cents]));
}
const balances = () => inLedger('select id, balance_cents::int as cents from account');
const payouts = () =>
  inLedger('select account_id as id, sum(amount_cents)::int as cents from payout group by account_id');

/** Keeps the sums that are not 0. */
const withoutZeros = (sums: Map<string, number>) => new Map([...sums].filter(([, cents]) => cents !== 0));
const sorted = (sums: Map<string, number>) => [...withoutZeros(sums)].sort(([a], [b]) => (a < b ? -1 : 1));

test('the demo knows the log-ins of the company that a first start makes', () => {
  expect(demoLogIns).toEqual(demoCompany.map(({ login, beakShape }) => ({ login, beakShape })));
});

describe('days one after the other on one system', { timeout: 120_000 }, () => {
  let afterFirst: Map<string, number>;

  test('the first is played to its end, and the ledger is what the facts of the tracker make it', async () => {
    const { problems, expected, payoutRun } = await playDay();
    expect(problems).toEqual([]);
    expect(expected.tasksCreated).toBe(rowCount);
    expect(expected.assignments).toBeGreaterThan(rowCount);
    expect(payoutRun).toMatchObject({ day: '2026-03-10', status: 'COMPLETED' });

    const earned = await earnedByFacts();
    const paid = new Map([...earned].map(([id, cents]) => [id, Math.max(0, cents)]));
    const carried = new Map([...earned].map(([id, cents]) => [id, Math.min(0, cents)]));
    expect(sorted(await payouts())).toEqual(sorted(paid));
    expect(sorted(await balances())).toEqual(sorted(carried));
    afterFirst = paid;
    const text = printed.join('\n');
    for (const { name } of demoCompany) expect(text).toContain(name);
  });

  test('a second on the same day makes tasks of its own, and pays nothing out twice', async () => {
    const { problems, expected, payoutRun } = await playDay();
    expect(problems).toEqual([]);
    expect(expected.tasksCreated).toBe(4 * demoCompany.length);
    expect(payoutRun).toBeNull();
    expect(printed.join('\n')).toContain('2026-03-10 is closed already');

    const earned = await earnedByFacts();
    const left = new Map([...earned].map(([id, cents]) => [id, cents - (afterFirst.get(id) ?? 0)]));
    expect(sorted(await payouts())).toEqual(sorted(afterFirst));
    expect(sorted(await balances())).toEqual(sorted(left));
  });

  test('a third on the next day pays out what both days brought', async () => {
    exchange.clock.set('2026-03-11T09:00:00Z');
    const { problems, payoutRun } = await playDay();
    expect(problems).toEqual([]);
    expect(payoutRun).toMatchObject({ day: '2026-03-11', status: 'COMPLETED' });
    const earned = await earnedByFacts();
    const paid = await payouts();
    for (const [id, balance] of await balances()) {
      expect(balance).toBeLessThan(0);
      expect(balance).toBe(earned.get(id)! - (paid.get(id) ?? 0));
    }
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { openDatabase } from '@ates/kit/database/pool';
import { type RunningSystem, startSystem } from '@ates/system/startSystem';
import type { TrackerTables } from '@ates/tracker/tables';
import { listEligible } from '@ates/tracker/userRepository';
import { createClient } from 'graphql-ws';
import { Redis } from 'ioredis';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { testLog } from './support/databases.ts';
import { settle } from './support/exchange.ts';
import { putUpTasks } from './support/manyTasks.ts';

const taskCount = 20_000;
const queueBackend = process.env.QUEUE_BACKEND;

let directory: string;
let system: RunningSystem;
const open: Kysely<never>[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'exchange-chaos-'));
  system = await start();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((db) => db.destroy()));
  await system.stop();
  rmSync(directory, { recursive: true, force: true });
});

const start = () =>
  startSystem({
    dataDir: directory,
    port: 0,
    durable: false,
    environment: { LOG_LEVEL: 'warn', ...(queueBackend ? { QUEUE_BACKEND: queueBackend } : {}) },
    ...(process.env.TEST_LOG_LEVEL ? { onLine: (part, line) => console.log(`${part}: ${line}`) } : {}),
  });

const database = <Tables>(service: keyof RunningSystem['databases']): Kysely<Tables> => {
  const options = { poolSize: 2, statementTimeoutMs: 60_000, applicationName: 'chaos' };
  const db = openDatabase<Tables>(system.databases[service].url, options, testLog);
  open.push(db as unknown as Kysely<never>);
  return db;
};

async function post(body: unknown, token?: string): Promise<any> {
  const headers = {
    'content-type': 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const answer = (await (
    await fetch(system.graphqlUrl, { method: 'POST', headers, body: JSON.stringify(body) })
  ).json()) as any;
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

async function logIn(login: string): Promise<string> {
  const shape = demoCompany.find((account) => account.login === login)?.beakShape;
  const { login: session } = await post({
    query:
      'mutation ($login: String!, $shape: String!) { login(login: $login, beakShape: $shape) { accessToken } }',
    variables: { login, shape },
  });
  return session.accessToken;
}

const ask = async (login: string, query: string, variables = {}): Promise<any> =>
  post({ query, variables }, await logIn(login));

async function waitUntil(what: string, isTrue: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await isTrue().catch(() => false))) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await sleep(20);
  }
}

const urls = () => ({
  auth: system.databases.auth.url,
  tracker: system.databases.tracker.url,
  accounting: system.databases.accounting.url,
  analytics: system.databases.analytics.url,
});

/**
 * Puts up the tasks, waits for their charges, and presses 'reassign'. Returns a function that waits for a share of
 * its progress.
 */
async function pressReassign() {
  const tracker = database<TrackerTables>('tracker');
  await waitUntil(
    'tracker knows whom tasks can fall to',
    async () => (await listEligible(tracker)).length > 0,
  );
  await putUpTasks(tracker, taskCount);
  await settle(urls(), 120_000);
  const { reassignTasks } = await ask('max', 'mutation { reassignTasks { id } }');
  const id: string = reassignTasks.id;
  return async (share: number) => {
    const db = database<TrackerTables>('tracker');
    await waitUntil(`${share * 100} % are reassigned`, async () => {
      const { processed } = await db
        .selectFrom('reassignment')
        .select('processed')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return processed >= share * taskCount;
    });
  };
}

/** Expects exactly one assignment per task and reassignment, and exactly one charge per assignment. */
async function expectNothingLostOrDoubled() {
  await settle(urls(), 180_000);
  const tracker = database<TrackerTables>('tracker');
  const { rows: runs } = await sql<{ n: number; tasks: number; statuses: string[] }>`
    select count(*) as n, count(distinct task_id) as tasks, (select array_agg(status) from reassignment) as statuses
    from assignment where reassignment_id is not null`.execute(tracker);
  expect(runs[0]).toEqual({ n: taskCount, tasks: taskCount, statuses: ['COMPLETED'] });
  const { rows: assigned } = await sql<{ n: number; ids: string }>`
    select count(*) as n, md5(string_agg(id::text, ',' order by id)) as ids from assignment`.execute(tracker);
  const { rows: charged } = await sql<{ n: number; ids: string }>`
    select count(*) as n, md5(string_agg(id::text, ',' order by id)) as ids from ledger_entry where kind = 'ASSIGNMENT_FEE'`.execute(
    database('accounting'),
  );
  expect(assigned[0]?.n).toBe(2 * taskCount);
  expect(charged).toEqual(assigned);
  const { rows: counted } = await sql<{ n: number }>`select sum(assignments)::int as n from task_day`.execute(
    database('analytics'),
  );
  expect(counted[0]?.n).toBe(2 * taskCount);
  const { ledgerAudit, trackerDeadLetters, accountingDeadLetters, analyticsDeadLetters } = await ask(
    'ada',
    '{ ledgerAudit { ok entriesChecked } trackerDeadLetters { id } accountingDeadLetters { id } analyticsDeadLetters { id } }',
  );
  expect(ledgerAudit).toEqual({ ok: true, entriesChecked: 2 * taskCount });
  expect([...trackerDeadLetters, ...accountingDeadLetters, ...analyticsDeadLetters]).toEqual([]);
}

test('workers killed three times and the whole system once, in the middle of a reassignment: nothing is lost or doubled', async () => {
  const until = await pressReassign();
  for (const share of [0.1, 0.3, 0.5]) {
    await until(share);
    system.kill('workers', 'SIGKILL');
    await sleep(200);
  }
  await until(0.7);
  for (const name of Object.keys(system.pids) as (keyof RunningSystem['pids'])[])
    system.kill(name, 'SIGKILL');
  await system.ended;
  await Promise.all(open.splice(0).map((db) => db.destroy()));
  system = await start();
  await expectNothingLostOrDoubled();
});

test.runIf(queueBackend !== 'postgresql')(
  'Redis wiped in the middle of a reassignment: nothing is lost or doubled',
  async ({ skip }) => {
    if (system.queueBackend !== 'redis') skip('there is no Redis here');
    const until = await pressReassign();
    const redis = new Redis(system.queueUrl);
    for (const share of [0.1, 0.3, 0.6, 0.9]) {
      await until(share);
      await redis.flushall();
    }
    redis.disconnect();
    await expectNothingLostOrDoubled();
  },
);

test('a subscription outlives the processes behind it: killed, they come back, and it tells what happened meanwhile', async () => {
  const token = await logIn('kiwi');
  const client = createClient({
    url: system.graphqlUrl.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const payloads: any[] = [];
  const problems: unknown[] = [];
  client.subscribe(
    { query: 'subscription { balanceChanged { balance account { owner { name openTaskCount } } } }' },
    {
      // As in a query, the fields of a part that is away are missing, but only until it is back.
      next: ({ data }) => void payloads.push(data?.balanceChanged),
      error: (error) => void problems.push(error),
      complete: () => void problems.push('it has ended'),
    },
  );
  try {
    await waitUntil('the state of the moment is there', async () => payloads.length > 0);
    for (const name of ['accounting', 'tracker', 'auth', 'workers'] as const) {
      const before = system.pids[name];
      system.kill(name, 'SIGKILL');
      // Some tasks are put up while a part is away. A refused one is put up again.
      for (let n = 0; n < 20; ) {
        const created = post(
          { query: `mutation { createTask(input: { title: "${name} ${n}" }) { id } }` },
          token,
        );
        await created.then(
          () => n++,
          () => sleep(50),
        );
      }
      await waitUntil(`${name} is back`, async () => (system.pids[name] ?? before) !== before);
      await settle(urls(), 60_000);
      const query = '{ myAccount { balance owner { name openTaskCount } } }';
      await waitUntil(`the subscription tells the truth after ${name} was killed`, async () => {
        const { myAccount } = await post({ query }, token);
        const told = payloads.at(-1);
        return told.balance === myAccount.balance && isDeepStrictEqual(told.account.owner, myAccount.owner);
      });
    }
    expect(problems).toEqual([]);
  } finally {
    await client.dispose();
  }
});

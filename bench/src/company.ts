import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishUsers } from '@ates/auth/events';
import { insertUser } from '@ates/auth/repository';
import type { AuthTables } from '@ates/auth/tables';
import { newUser } from '@ates/auth/usecases/createAccount';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { openDatabase } from '@ates/kit/database/pool';
import { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { systemClock } from '@ates/kit/process/clock';
import { newId } from '@ates/kit/process/ids';
import { createLog } from '@ates/kit/process/log';
import { type RunningSystem, startSystem } from '@ates/system/startSystem';
import pg from 'pg';
import type { Backend } from './figures.ts';
import { readCpu } from './machine.ts';
import { say, showProgress } from './progress.ts';

/** A separate system, durable as in production, with a company in it and with access to its databases. */
export interface BenchCompany {
  readonly backend: Backend;
  readonly system: RunningSystem;
  /** A superuser's connection to each service's database. */
  readonly databases: Readonly<Record<'auth' | 'tracker' | 'accounting' | 'analytics', pg.Client>>;
  /** The ids of all users who may be given tasks. */
  readonly employeeIds: readonly string[];
  /** Logs in one of the demo company's people, such as the manager `max`, and returns an access token. */
  token(login: string): Promise<string>;
  close(): Promise<void>;
}

const log = createLog('bench', process.env.LOG_LEVEL ?? 'warn');

/** Starts a system in a temporary directory, and adds employees to the demo company until it has this many. */
export async function openCompany(backend: Backend, employees: number): Promise<BenchCompany> {
  const directory = mkdtempSync(join(tmpdir(), 'exchange-bench-'));
  const system = await startSystem({
    dataDir: directory,
    port: 0,
    statementStatistics: true,
    environment: { QUEUE_BACKEND: backend, LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn', SEED: 'demo' },
    onLine: (part, line) => process.stderr.write(`${part}: ${line}\n`),
  });
  const clients: pg.Client[] = [];
  const close = async () => {
    await Promise.all(clients.map((client) => client.end()));
    await system.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const connect = async (database: string) => {
      const url = Object.assign(new URL(system.superuserUrl as string), { pathname: `/${database}` });
      const client = new pg.Client({ connectionString: url.href, application_name: 'bench' });
      clients.push(client);
      await client.connect();
      return client;
    };
    const databases = {
      auth: await connect('auth'),
      tracker: await connect('tracker'),
      accounting: await connect('accounting'),
      analytics: await connect('analytics'),
    };
    await hire(system, employees - demoCompany.filter(({ role }) => isEligible(role)).length);
    return {
      backend,
      system,
      databases,
      employeeIds: await untilKnown(databases.tracker, employees),
      token: (login) => logIn(system, login),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const isEligible = (role: string) => role !== 'MANAGER' && role !== 'ADMIN';

/** Adds many employees: rows and events as `createAccount` makes them, but with the hash of one beak for all. */
async function hire(system: RunningSystem, count: number): Promise<void> {
  const options = { poolSize: 1, statementTimeoutMs: 60_000, applicationName: 'bench' };
  const db = openDatabase<AuthTables>(system.databases.auth.url, options, log);
  const database = new ServiceDatabase(db, { clock: systemClock });
  try {
    const first = await newUser(
      {
        login: 'bench',
        name: 'Bench',
        email: 'bench@popug.example',
        role: 'EMPLOYEE',
        beakShape: 'short and measured',
      },
      systemClock.now(),
    );
    for (let made = 0; made < count; made += 1_000) {
      const users = Array.from({ length: Math.min(1_000, count - made) }, (_, at) => ({
        ...first.user,
        id: newId(),
        login: `bench-${made + at}`,
        name: `Parrot ${made + at}`,
        email: `bench-${made + at}@popug.example`,
      }));
      await database.transact(async (work) => {
        for (const user of users) await insertUser(work.trx, user, first.beakHash);
        await publishUsers(work, users);
      });
    }
  } finally {
    await db.destroy();
  }
}

async function untilKnown(tracker: pg.Client, employees: number): Promise<string[]> {
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    const { rows } = await tracker.query<{ id: string }>(
      "select id from user_copy where active and role not in ('MANAGER', 'ADMIN') order by id",
    );
    if (rows.length >= employees) return rows.map(({ id }) => id);
    if (Date.now() > end)
      throw new Error(`tracker knows ${rows.length} of ${employees} employees after a minute`);
  }
}

async function logIn(system: RunningSystem, login: string): Promise<string> {
  const account = demoCompany.find((one) => one.login === login);
  const query = 'mutation ($l: String!, $b: String!) { login(login: $l, beakShape: $b) { accessToken } }';
  const { login: session } = await ask<{ login: { accessToken: string } }>(system, null, query, {
    l: login,
    b: account?.beakShape,
  });
  return session.accessToken;
}

/** Runs one operation through the gateway. @throws where the answer has errors. */
export async function ask<Data>(
  system: RunningSystem,
  token: string | null,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Data> {
  const response = await fetch(system.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as { data: Data; errors?: unknown };
  if (answer.errors) throw new Error(`${query} failed: ${JSON.stringify(answer.errors)}`);
  return answer.data;
}

/**
 * Adds open tasks until there are `count`, by SQL in tracker's database, as if each had been created and assigned once.
 * No event is appended for that, so no fee is charged for it. Fees are charged for all later assignments.
 */
export async function fillOpenTasks(company: BenchCompany, count: number): Promise<void> {
  const { tracker, accounting, analytics } = company.databases;
  const { rows } = await tracker.query<{ n: string }>('select count(*) as n from open_task');
  let there = Number(rows[0]?.n);
  if (there >= count) return;
  const progress = showProgress(`filling up to ${count.toLocaleString('en-US')} open tasks`, count);
  // Building the index of words once, at the end, takes a fraction of the time.
  await tracker.query('drop index task_search');
  while (there < count) {
    const batch = Math.min(50_000, count - there);
    await tracker.query(
      `with made as (
         select uuidv7() as task_id, uuidv7() as assignment_id, n, ($1::uuid[])[1 + n % cardinality($1::uuid[])] as assignee_id
         from generate_series($2::int, $2::int + $3::int - 1) as n
       ), tasks as (
         insert into task (id, title, jira_id, description, creator_id, created_at)
         select task_id, (array['Clean', 'Polish', 'Mend', 'Sort', 'Count', 'Paint', 'Feed', 'Teach'])[1 + n % 8]
             || ' the ' || (array['cage', 'perch', 'swing', 'bell', 'mirror', 'ladder', 'bath'])[1 + n % 7] || ' no. ' || n,
           'POPUG-' || n, 'As it says.', assignee_id, now()
         from made
       ), held as (
         insert into open_task (task_id, assignee_id, assignment_id, assigned_at)
         select task_id, assignee_id, assignment_id, now() from made
       )
       insert into assignment (id, task_id, assignee_id, assigned_at)
       select assignment_id, task_id, assignee_id, now() from made`,
      [company.employeeIds, there, batch],
    );
    there += batch;
    progress.update(there);
  }
  await tracker.query(
    "create index task_search on task using gin ((title || ' ' || coalesce(jira_id, '')) gin_trgm_ops)",
  );
  progress.stop();
  await settleStores([tracker, accounting, analytics]);
}

/** Does now what autovacuum and the checkpointer would do soon, so that they do not disturb a measurement. */
export async function settleStores(clients: readonly pg.Client[]): Promise<void> {
  for (const client of clients) await client.query('vacuum analyze');
  await clients[0]?.query('checkpoint');
}

/** Resolves once every event has been applied, also those of the benchmark before. @throws after two minutes. */
export async function untilQuiet({ databases }: BenchCompany): Promise<void> {
  const producers = [databases.auth, databases.tracker, databases.accounting];
  for (const end = performance.now() + 120_000; ; await sleep(100)) {
    const waiting = [];
    for (const client of producers)
      waiting.push(...(await client.query('select from outbox_delivery limit 1')).rows);
    if (waiting.length === 0) return;
    if (performance.now() > end) throw new Error('events still wait to be applied after two minutes');
  }
}

/** Resets the costs of statements. */
export async function resetStatements({ databases }: BenchCompany): Promise<void> {
  await databases.tracker.query('create extension if not exists pg_stat_statements');
  await databases.tracker.query('select pg_stat_statements_reset()');
}

/** Returns the services' longest statement since `resetStatements`, and its time in milliseconds. */
export async function readLongestStatement({
  databases,
}: BenchCompany): Promise<{ ms: number; statement: string }> {
  const { rows } = await databases.tracker.query<{ ms: number; statement: string }>(
    `select max_exec_time as ms, query as statement
     from pg_stat_statements join pg_roles r on r.oid = userid
     where r.rolname like '%\\_app' order by max_exec_time desc limit 1`,
  );
  return rows[0] ?? { ms: 0, statement: '' };
}

/** Lists the costs of the services' statements since `resetStatements`, the highest first. */
async function listStatements({
  databases,
}: BenchCompany): Promise<{ service: string; calls: number; totalMs: number; statement: string }[]> {
  const { rows } = await databases.tracker.query<{
    service: string;
    calls: number;
    totalMs: number;
    statement: string;
  }>(
    `select rolname as service, calls::int, total_exec_time as "totalMs", query as statement
     from pg_stat_statements join pg_roles r on r.oid = userid
     where r.rolname like '%\\_app' order by total_exec_time desc limit 25`,
  );
  return rows;
}

/** Prints where the time went: the costs of processes since `before`, and of statements since `resetStatements`. */
export async function sayWhereTimeWent(company: BenchCompany, before: Record<string, number>): Promise<void> {
  for (const [name, seconds] of Object.entries(readCpu(company.system.pids)))
    say(`  ${(seconds - (before[name] ?? 0)).toFixed(1)} s of processor time: ${name}`);
  for (const { service, calls, totalMs, statement } of await listStatements(company))
    say(
      `  ${(totalMs / 1_000).toFixed(2)} s, ${calls} calls, ${service}: ${statement.replace(/\s+/g, ' ').slice(0, 130)}`,
    );
}

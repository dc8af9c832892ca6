import { randomUUID } from 'node:crypto';
import { openDatabase } from '@ates/kit/database/pool';
import { type HintSender, ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { type Clock, systemClock } from '@ates/kit/process/clock';
import { createLog } from '@ates/kit/process/log';
import type { ServiceDatabase as ProvisionedDatabase } from '@ates/system/stores/provision';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';

export type ServiceName = 'auth' | 'tracker' | 'accounting' | 'analytics';

/** Silent, since a test's assertions show what it provokes; TEST_LOG_LEVEL changes that. */
export const testLog = createLog('tests', process.env.TEST_LOG_LEVEL ?? 'silent');

const newName = (what: string) => `test_${what}_${randomUUID().replaceAll('-', '')}`;

/** Copies a service's migrated template into a new database. Returns the URL of the app role. */
export async function cloneDatabase(service: ServiceName): Promise<string> {
  const { adminUrl, templates } = inject('stores');
  const name = newName(service);
  await admin(adminUrl, async (client) => {
    await client.query(`create database ${name} template ${service} strategy file_copy`);
  });
  const url = new URL(templates[service].url);
  url.pathname = `/${name}`;
  return url.href;
}

/** Makes an empty database with two roles, as a service has before its first migration. */
export async function createEmptyDatabase(): Promise<ProvisionedDatabase> {
  const { adminUrl, templates } = inject('stores');
  const name = newName('empty');
  const { username: owner } = new URL(templates.tracker.migrationUrl);
  await admin(adminUrl, (client) => client.query(`create database ${name} owner ${owner}`));
  const at = (role: string) => Object.assign(new URL(role), { pathname: `/${name}` }).href;
  return { url: at(templates.tracker.url), migrationUrl: at(templates.tracker.migrationUrl) };
}

/** Makes an empty database for BullMQ's PostgreSQL backend. */
export async function createQueueDatabase(): Promise<string> {
  const { adminUrl, templates } = inject('stores');
  const url = new URL(templates.queues?.url as string);
  const name = newName('queues');
  await admin(adminUrl, (client) => client.query(`create database ${name} owner ${url.username}`));
  url.pathname = `/${name}`;
  return url.href;
}

/** Returns the database's URL with the rights of a superuser, to look behind the scenes or to break something. */
export function asSuperuser(databaseUrl: string): string {
  const url = new URL(inject('stores').adminUrl);
  url.pathname = new URL(databaseUrl).pathname;
  return url.href;
}

/** Waits until so many connections wait for the locks of this one, directly or behind others that do. */
export async function untilWaiting(client: pg.Client, connections: number): Promise<void> {
  for (const end = Date.now() + 10_000; ; ) {
    const { rowCount } = await client.query(
      `with recursive waiting (pid) as (
         select pg_backend_pid()
         union
         select l.pid from pg_locks l join waiting w on not l.granted and w.pid = any(pg_blocking_pids(l.pid))
       )
       select from waiting where pid <> pg_backend_pid()`,
    );
    if (rowCount! >= connections) return;
    if (Date.now() > end)
      throw new Error(`${rowCount} connections wait for a lock, instead of ${connections}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const openTestDatabase = <Tables>(url: string): Kysely<Tables> =>
  openDatabase<Tables>(
    url,
    { poolSize: 8, statementTimeoutMs: 60_000, applicationName: 'tests' },
    testLog,
    // There is no pooler in between.
    async () => 'own',
  );

/** Returns a database as use cases see it. Its hints go nowhere unless `hints` is given. */
export const workOn = <Tables>(
  db: Kysely<Tables>,
  clock: Clock = systemClock,
  hints?: HintSender,
): ServiceDatabase<Tables> => new ServiceDatabase(db, { clock, hints });

async function admin<Result>(url: string, run: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

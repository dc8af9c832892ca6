import { openDatabase } from '@ates/kit/database';
import { createLog } from '@ates/kit/log';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';

export type ServiceName = 'auth' | 'tracker' | 'accounting' | 'analytics';

/** Errors only: what a test provokes is told by its assertions. */
export const testLog = createLog('tests', process.env.TEST_LOG_LEVEL ?? 'silent');

let count = 0;

/** Makes a database of this test's own, a copy of a service's migrated template, and hands back the app role's URL. */
export async function cloneDatabase(service: ServiceName): Promise<string> {
  const { adminUrl, templates } = inject('stores');
  const name = `test_${service}_${process.pid}_${++count}`;
  await admin(adminUrl, async (client) => {
    await client.query(`create database ${name} template ${service} strategy file_copy`);
  });
  const url = new URL(templates[service].url);
  url.pathname = `/${name}`;
  return url.href;
}

/** An empty database for BullMQ's PostgreSQL backend. */
export async function createQueueDatabase(): Promise<string> {
  const { adminUrl, templates } = inject('stores');
  const url = new URL(templates.queues?.url as string);
  const name = `test_queues_${process.pid}_${++count}`;
  await admin(adminUrl, (client) => client.query(`create database ${name} owner ${url.username}`));
  url.pathname = `/${name}`;
  return url.href;
}

/** The same database with the rights of a superuser, to look behind the scenes or to break something. */
export function asSuperuser(databaseUrl: string): string {
  const url = new URL(inject('stores').adminUrl);
  url.pathname = new URL(databaseUrl).pathname;
  return url.href;
}

export const openTestDatabase = <Tables>(url: string): Kysely<Tables> =>
  openDatabase<Tables>(url, { poolSize: 8, statementTimeoutMs: 60_000, applicationName: 'tests' }, testLog);

async function admin<Result>(url: string, run: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

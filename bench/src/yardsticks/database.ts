import type { ServiceSchema } from '@ates/kit/database/migrate';
import { openDatabase } from '@ates/kit/database/pool';
import { createLog } from '@ates/kit/process/log';
import pg from 'pg';
import type { BenchCompany } from '../company.ts';

const database = 'yardstick';

const urlOf = (company: BenchCompany) =>
  Object.assign(new URL(company.system.superuserUrl as string), { pathname: `/${database}` }).href;

/**
 * Makes a new database on the company's own server, with each service's tables in a schema, so that one connection
 * reaches them all. Returns that connection. It has enough memory to sort and hash in for full speed.
 */
export async function createYardstickDatabase(
  company: BenchCompany,
  schemas: Readonly<Record<string, ServiceSchema>>,
): Promise<pg.Client> {
  await dropYardstickDatabase(company);
  await company.databases.tracker.query(`create database ${database}`);
  const client = new pg.Client({ connectionString: urlOf(company) });
  await client.connect();
  await client.query("set work_mem = '256MB'");
  await client.query('create extension if not exists pg_trgm schema public');
  for (const [name, { migrations }] of Object.entries(schemas)) {
    await client.query(`create schema ${name}`);
    const url = new URL(urlOf(company));
    url.searchParams.set('options', `-csearch_path=${name},public`);
    const options = { poolSize: 1, statementTimeoutMs: 60_000, applicationName: 'bench' };
    const db = openDatabase<never>(url.href, options, createLog('bench', 'silent'));
    for (const migration of Object.values(migrations)) await migration.up(db);
    await db.destroy();
  }
  return client;
}

export async function dropYardstickDatabase(company: BenchCompany): Promise<void> {
  await company.databases.tracker.query(`drop database if exists ${database}`);
}

/** Runs the statements one after another, in one transaction. */
export async function inTransaction(client: pg.Client, statements: readonly string[]): Promise<void> {
  await client.query('begin');
  for (const statement of statements) await client.query(statement);
  await client.query('commit');
}

/**
 * Calls `run` for each range of a thousand ids of a table, with a condition on `column`. Returns the seconds it took.
 * The planner is kept from scanning whole tables for each range: its statistics are from when the tables were small.
 */
export async function eachThousand(
  client: pg.Client,
  source: { table: string; column: string },
  run: (range: string) => Promise<void>,
): Promise<number> {
  const { table, column } = source;
  const { rows } = await client.query<{ last: string }>(
    `select max(${column}::text) as last from (
       select ${column}, (row_number() over (order by ${column}) - 1) / 1000 as batch from ${table}
     ) numbered group by batch order by 1`,
  );
  await client.query('set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off');
  const began = performance.now();
  let after = '00000000-0000-0000-0000-000000000000';
  for (const { last } of rows) {
    await run(`${column} > '${after}' and ${column} <= '${last}'`);
    after = last;
  }
  const seconds = (performance.now() - began) / 1_000;
  await client.query('reset enable_hashjoin; reset enable_mergejoin; reset enable_seqscan');
  return seconds;
}

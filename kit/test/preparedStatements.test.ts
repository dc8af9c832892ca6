import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { inTransaction } from '../src/database/transactions.ts';
import { createLog } from '../src/process/log.ts';

const log = createLog('tests', 'silent');
const options = { poolSize: 1, statementTimeoutMs: 10_000, applicationName: 'prepared', prepare: true };

/** Opens a database with newly loaded modules, as another process does. */
async function openAsNewProcess(): Promise<Kysely<unknown>> {
  vi.resetModules();
  const { openDatabase } = await import('../src/database/pool.ts');
  const db = openDatabase<unknown>(inject('stores').adminUrl, options, log);
  onTestFinished(() => db.destroy());
  return db;
}

const namesOf = async (db: Kysely<unknown>): Promise<Map<string, string>> => {
  const { rows } = await sql<{ name: string; statement: string }>`
    select name, statement from pg_prepared_statements`.execute(db);
  return new Map(rows.map(({ name, statement }) => [name, statement]));
};

test('the name of a statement stands for its text, in whatever order processes come to use it', async () => {
  const one = await openAsNewProcess();
  const other = await openAsNewProcess();
  await sql`select ${1}::int as first`.execute(one);
  await sql`select ${2}::int as second`.execute(one);
  await sql`select ${2}::int as second`.execute(other);
  await sql`select ${1}::int as first`.execute(other);
  const [ofOne, ofOther] = [await namesOf(one), await namesOf(other)];
  expect(ofOne.size).toBe(2);
  expect(new Map([...ofOther].sort())).toEqual(new Map([...ofOne].sort()));
});

describe('a statement whose columns a migration changes', () => {
  let db: Kysely<unknown>;
  const read = () => sql<{ n: unknown }>`select n from changing where n::text <> ${'0'}`.execute(db);
  const change = async (statement: string) => {
    const owner = new pg.Client({ connectionString: inject('stores').adminUrl });
    await owner.connect();
    await owner.query(statement);
    await owner.end();
  };
  beforeEach(async () => {
    db = await openAsNewProcess();
    await change('drop table if exists changing');
    await change('create table changing (n int)');
    await change('insert into changing values (7)');
  });

  test('is planned anew and answered', async () => {
    expect((await read()).rows).toEqual([{ n: 7 }]);
    await change('alter table changing alter column n type text');
    expect((await read()).rows).toEqual([{ n: '7' }]);
    expect((await read()).rows).toEqual([{ n: '7' }]);
  });

  test('ends its transaction, which is tried again with a new plan', async () => {
    let tries = 0;
    const readAfterInsert = () =>
      inTransaction(db, async (trx) => {
        tries++;
        await sql`insert into changing values (8)`.execute(trx);
        return (await sql<{ n: unknown }>`select n from changing where n::text <> ${'0'}`.execute(trx)).rows;
      });
    expect(await readAfterInsert()).toEqual([{ n: 7 }, { n: 8 }]);
    await change('alter table changing alter column n type text');
    expect(await readAfterInsert()).toEqual([{ n: '7' }, { n: '8' }, { n: '8' }]);
    expect(tries).toBe(3);
  });
});

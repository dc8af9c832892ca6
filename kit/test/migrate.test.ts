import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase, untilWaiting } from '../../tests/support/databases.ts';
import { migrateService, type ServiceSchema } from '../src/database/migrate.ts';

const schema: ServiceSchema = {
  appendOnly: ['posting'],
  migrations: {
    '0001_parrots_and_postings': {
      async up(db: Kysely<never>) {
        await sql`create table parrot (id integer primary key)`.execute(db);
        await sql`create table posting (id integer primary key)`.execute(db);
      },
    },
    '0002_first_parrot': {
      up: async (db: Kysely<never>) => void (await sql`insert into parrot values (1)`.execute(db)),
    },
  },
};

/** Migrates on a new connection, as a separate process would. */
async function migrate({ url, migrationUrl }: { url: string; migrationUrl: string }): Promise<void> {
  const owner = openTestDatabase<unknown>(migrationUrl);
  try {
    await migrateService(owner, schema, new URL(url).username);
  } finally {
    await owner.destroy();
  }
}

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

test('several at once on an empty database: each migration runs once, and the role for work has its rights', async () => {
  const database = await createEmptyDatabase();
  await Promise.all(Array.from({ length: 5 }, () => migrate(database)));
  const work = await connectTo(database.url);
  expect((await work.query('select id from parrot')).rows).toEqual([{ id: 1 }]);
  await work.query('update parrot set id = 2; delete from parrot; insert into posting values (1)');
  for (const denied of [
    'update posting set id = 2',
    'delete from posting',
    'truncate posting',
    'select from kysely_migration',
    'create table nest (id integer)',
  ])
    await expect(work.query(denied), denied).rejects.toMatchObject({ code: '42501' });
  await work.end();
});

test('of two that grant at once one waits for the other, and neither fails', async () => {
  const database = await createEmptyDatabase();
  await migrate(database);
  // The first migration waits for a grant that is not committed. Meanwhile the second comes to its own.
  const gate = await connectTo(database.migrationUrl);
  await gate.query('begin');
  await gate.query(`grant select on parrot to ${new URL(database.url).username}`);
  const first = migrate(database);
  await untilWaiting(gate, 1);
  const both = Promise.allSettled([first, migrate(database)]);
  await untilWaiting(gate, 2);
  await gate.query('rollback');
  await gate.end();
  expect(await both).toEqual([
    { status: 'fulfilled', value: undefined },
    { status: 'fulfilled', value: undefined },
  ]);
});

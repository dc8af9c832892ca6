import { accountingSchema } from '@ates/accounting/migrations/schema';
import { analyticsSchema } from '@ates/analytics/migrations/schema';
import { authSchema } from '@ates/auth/migrations/schema';
import { migrateService, runSqlFiles } from '@ates/kit/database/migrate';
import { trackerSchema } from '@ates/tracker/migrations/schema';
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase } from './support/databases.ts';

const schemas = {
  auth: authSchema,
  tracker: trackerSchema,
  accounting: accountingSchema,
  analytics: analyticsSchema,
};

/** Lists the columns of a database in their order, its constraints and indexes, and how its tables are stored. */
async function describeDatabase(db: Kysely<unknown>): Promise<readonly string[]> {
  const { rows } = await sql<{ line: string }>`
    with relation as (
      select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind = 'r' and c.relname not like 'kysely%'
    )
    select format('%s.%s %s %s %s %s default %s', r.relname, a.attnum, a.attname,
      format_type(a.atttypid, a.atttypmod), a.attstorage, a.attnotnull,
      a.attidentity::text || a.attgenerated::text || coalesce(pg_get_expr(d.adbin, d.adrelid), '')) as line
    from relation r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    union all select format('%s: %s', r.relname, pg_get_constraintdef(k.oid))
      from relation r join pg_constraint k on k.conrelid = r.oid
    union all select pg_get_indexdef(i.indexrelid) from relation r join pg_index i on i.indrelid = r.oid
    union all select format('%s with %s', r.relname, r.reloptions) from relation r
    order by 1`.execute(db);
  return rows.map(({ line }) => line);
}

/** Returns the migrations that ran, and when. */
const migrationsOf = async (db: Kysely<unknown>) =>
  (
    await sql<{
      name: string;
      timestamp: string;
    }>`select name, timestamp from kysely_migration order by name`.execute(db)
  ).rows;

test.each(Object.entries(schemas))(
  'a database of %s that was released is brought to what a new one is',
  async (service, schema) => {
    const [released, fresh] = await Promise.all([createEmptyDatabase(), createEmptyDatabase()]);
    const [old, young] = [released, fresh].map(({ migrationUrl }) => openTestDatabase<unknown>(migrationUrl));
    const { username: role } = new URL(released.url);
    try {
      await runSqlFiles(old!, new URL(`released/${service}.sql`, import.meta.url));
      const ran = await migrationsOf(old!);
      expect(ran.length).toBeGreaterThan(0);
      await migrateService(old!, schema, role);
      await migrateService(young!, schema, role);
      expect(await describeDatabase(old!)).toEqual(await describeDatabase(young!));
      // No migration ran again, and none has another name now.
      expect((await migrationsOf(old!)).slice(0, ran.length)).toEqual(ran);
    } finally {
      await Promise.all([old!.destroy(), young!.destroy()]);
    }
  },
);

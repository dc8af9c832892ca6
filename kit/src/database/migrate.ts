import { readFile } from 'node:fs/promises';
import { type Kysely, type Migration, Migrator, sql } from 'kysely';

/** A service's schema: its migrations, and the tables whose rows are only ever added. */
export interface ServiceSchema {
  /** Forward only, in the order of their names. */
  readonly migrations: Readonly<Record<string, Migration>>;
  /** Tables in which the application's role may neither update nor delete rows. */
  readonly appendOnly: readonly string[];
}

/** Returns a migration that runs `.sql` files in order. A released migration never changes: databases have run it. */
export const sqlMigration = (...files: readonly URL[]): Migration => ({
  up: (db) => runSqlFiles(db, ...files),
});

/** Runs all statements of `.sql` files, in order. */
export async function runSqlFiles<Tables>(db: Kysely<Tables>, ...files: readonly URL[]): Promise<void> {
  for (const file of files) await sql.raw(await readFile(file, 'utf8')).execute(db);
}

/**
 * Brings a service's database to its newest schema, with the owner's connection, and grants the application's role its
 * rights. Two calls at once wait for each other; a second call changes nothing.
 */
export async function migrateService<Tables>(
  owner: Kysely<Tables>,
  schema: ServiceSchema,
  applicationRole: string,
): Promise<void> {
  const migrator = new Migrator({
    db: owner,
    provider: { getMigrations: async () => ({ ...schema.migrations }) },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new Error(`migration ${failed ?? ''} failed: ${(error as Error).message}`, { cause: error });
  }
  const role = sql.id(applicationRole);
  const { rows } = await sql<{ owner: string }>`select current_user as owner`.execute(owner);
  if (rows[0]?.owner === applicationRole) return;
  await owner.transaction().execute(async (trx) => {
    // Without this lock, one of two grants on a table at the same time would fail.
    await sql`select pg_advisory_xact_lock(hashtext('grants'))`.execute(trx);
    await sql`grant usage on schema public to ${role}`.execute(trx);
    await sql`grant select, insert, update, delete on all tables in schema public to ${role}`.execute(trx);
    await sql`grant usage on all sequences in schema public to ${role}`.execute(trx);
    await sql`revoke all on kysely_migration, kysely_migration_lock from ${role}`.execute(trx);
    for (const table of schema.appendOnly) {
      await sql`revoke update, delete, truncate on ${sql.table(table)} from ${role}`.execute(trx);
    }
  });
}

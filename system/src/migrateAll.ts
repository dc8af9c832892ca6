import { accountingSchema } from '@ates/accounting/migrations/schema';
import { analyticsSchema } from '@ates/analytics/migrations/schema';
import { authSchema } from '@ates/auth/migrations/schema';
import { migrateService, type ServiceSchema } from '@ates/kit/database/migrate';
import { openDatabase } from '@ates/kit/database/pool';
import type { Log } from '@ates/kit/process/log';
import { trackerSchema } from '@ates/tracker/migrations/schema';
import { type DatabaseService, databaseServices, type ServiceDatabase } from './stores/provision.ts';

const schemas: Record<DatabaseService, ServiceSchema> = {
  auth: authSchema,
  tracker: trackerSchema,
  accounting: accountingSchema,
  analytics: analyticsSchema,
};

/** How long one statement of a migration may take, in milliseconds: an index on a big table takes long. */
const statementTimeoutMs = 600_000;

/**
 * Brings every service's database to its newest schema, all at the same time, as the role that owns it. Grants the
 * role in the service's own URL its rights. Repeated, it changes nothing.
 */
export async function migrateAll(
  databases: Readonly<Record<DatabaseService, ServiceDatabase>>,
  log: Log,
  services: readonly DatabaseService[] = databaseServices,
): Promise<void> {
  const results = await Promise.allSettled(
    services.map(async (service) => {
      const { url, migrationUrl } = databases[service];
      if (new URL(url).username === new URL(migrationUrl).username) {
        log.warn(
          `${service} does its work with the role that owns its tables, and that role may change even the ledger: set ${service.toUpperCase()}_MIGRATION_URL with another role`,
        );
      }
      const owner = openDatabase(
        migrationUrl,
        { poolSize: 2, statementTimeoutMs, applicationName: `${service} migrations` },
        log,
      );
      try {
        await migrateService(owner, schemas[service], decodeURIComponent(new URL(url).username));
      } catch (error) {
        throw new Error(`the database of ${service} could not be migrated: ${(error as Error).message}`, {
          cause: error,
        });
      } finally {
        await owner.destroy();
      }
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

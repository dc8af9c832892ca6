import { createLog } from '@ates/kit/log';
import { SettingError } from '@ates/kit/settings';
import { migrateAll } from './migrateAll.ts';
import { readSystemSettings } from './settings.ts';
import { databaseServices, provision } from './stores/provision.ts';
import { loadSecrets } from './stores/secrets.ts';

/** `npm run migrate`: makes and migrates the databases of a cluster, once per release, before its processes start. */
async function migrate(): Promise<void> {
  const settings = readSystemSettings(process.env);
  const log = createLog('migrate', settings.LOG_LEVEL, settings.LOG_FORMAT);
  if (settings.serviceDatabases === undefined && settings.DATABASE_URL === undefined) {
    throw new SettingError(
      'DATABASE_URL is not set, and neither is AUTH_DATABASE_URL: the embedded PostgreSQL is migrated by npm start.',
    );
  }
  const databases =
    settings.serviceDatabases ??
    (await provision({
      databaseUrl: settings.DATABASE_URL!,
      internalSecret: settings.INTERNAL_SECRET ?? loadSecrets(settings.DATA_DIR).internalSecret,
      log,
    }));
  await migrateAll(databases, log);
  console.log(`The databases of ${databaseServices.join(', ')} have the newest schema.`);
}

try {
  await migrate();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

import { parseArgs } from 'node:util';
import { createLog } from '@ates/kit/process/log';
import { SettingError } from '@ates/kit/process/settings';
import { migrateAll } from './migrateAll.ts';
import { databaseSecretOf } from './secrets.ts';
import { readSystemSettings } from './settings.ts';
import { databaseServices, provision } from './stores/provision.ts';

const usage = `Makes and migrates the databases of outside stores.

  npm run --silent migrate [-- --print-urls]

--print-urls prints the URLs that processes apart need, one per line: AUTH_DATABASE_URL=postgres://…`;

/** `npm run migrate`: makes and migrates the databases of a cluster, once per release, before its processes start. */
async function migrate(): Promise<void> {
  const { printUrls } = readArguments(process.argv.slice(2));
  const settings = readSystemSettings(process.env);
  // With --print-urls, standard output is for the URLs alone.
  const log = createLog('migrate', settings.LOG_LEVEL, settings.LOG_FORMAT, printUrls ? 'stderr' : 'stdout');
  if (settings.serviceDatabases === undefined && settings.DATABASE_URL === undefined) {
    throw new SettingError(
      'DATABASE_URL is not set, and neither is AUTH_DATABASE_URL: the embedded PostgreSQL is migrated by npm start.',
    );
  }
  const databases =
    settings.serviceDatabases ??
    (await provision({
      databaseUrl: settings.DATABASE_URL!,
      databaseSecret: databaseSecretOf(settings, log),
      log,
    }));
  await migrateAll(databases, log);
  const done = `The databases of ${databaseServices.join(', ')} have the newest schema.`;
  if (!printUrls) return console.log(done);
  console.error(done);
  for (const service of databaseServices)
    console.log(`${service.toUpperCase()}_DATABASE_URL=${databases[service].url}`);
}

function readArguments(argv: string[]): { printUrls: boolean } {
  try {
    const { values } = parseArgs({ args: argv, options: { 'print-urls': { type: 'boolean' } } });
    return { printUrls: values['print-urls'] ?? false };
  } catch (error) {
    throw new SettingError(`${(error as Error).message}\n\n${usage}`);
  }
}

try {
  await migrate();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

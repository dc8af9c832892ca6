import { resolve } from 'node:path';
import { firstAdminSettings } from '@ates/auth/settings';
import {
  type Environment,
  flag,
  logLevel,
  onOff,
  poolSize,
  port,
  readSettings,
  SettingError,
  secret,
  timeZone,
  url,
} from '@ates/kit/process/settings';
import { z } from 'zod';
import { type DatabaseService, databaseServices } from './stores/provision.ts';

const postgresUrl = () => url('postgres', 'postgresql').optional();

const shape = {
  /** The gateway's public port, the only one anybody needs to know; 0 is a free one. */
  PORT: port().default(4000),
  /** The address the gateway binds to. */
  HOST: z.string().default('127.0.0.1'),
  /** Where everything that lasts is kept: stores, secrets, mail. Relative to where npm was called. */
  DATA_DIR: z.string().default('.data'),
  /** A PostgreSQL server on which databases and roles are made. Without it an embedded one runs in `DATA_DIR`. */
  DATABASE_URL: postgresUrl(),
  /** Databases that exist already, with the role for work: all four together, in place of `DATABASE_URL`. */
  AUTH_DATABASE_URL: postgresUrl(),
  TRACKER_DATABASE_URL: postgresUrl(),
  ACCOUNTING_DATABASE_URL: postgresUrl(),
  ANALYTICS_DATABASE_URL: postgresUrl(),
  /** The same databases with the role that owns them, for migrations: all four, or the ones above do both. */
  AUTH_MIGRATION_URL: postgresUrl(),
  TRACKER_MIGRATION_URL: postgresUrl(),
  ACCOUNTING_MIGRATION_URL: postgresUrl(),
  ANALYTICS_MIGRATION_URL: postgresUrl(),
  /** Direct URLs of the same databases for LISTEN, where theirs lead to a pooler that shares connections. */
  AUTH_LISTEN_URL: postgresUrl(),
  TRACKER_LISTEN_URL: postgresUrl(),
  ACCOUNTING_LISTEN_URL: postgresUrl(),
  ANALYTICS_LISTEN_URL: postgresUrl(),
  /** The most connections of each pool: of a subgraph, and of the workers for each service. They have their own defaults. */
  DATABASE_POOL_SIZE: poolSize().optional(),
  /** Whether the workers' connections keep the plans of statements: `off` through a pooler that shares connections. */
  PREPARE: onOff().default(true),
  /** The Redis of queues and pub/sub. Without it a private one runs where one is installed. */
  REDIS_URL: url('redis', 'rediss').optional(),
  /** Whether `REDIS_URL` is a node of a Redis Cluster. */
  REDIS_CLUSTER: flag().default(false),
  /** A PostgreSQL database of its own for the queues, where there is no Redis. */
  QUEUE_DATABASE_URL: postgresUrl(),
  /** Which store queues live in, where that is not to be found out. */
  QUEUE_BACKEND: z.enum(['redis', 'postgresql'], 'must be redis or postgresql').optional(),
  /** The server mail goes through. Without it every message is a file in `DATA_DIR/mail`. */
  SMTP_URL: url('smtp', 'smtps').optional(),
  /** Whom mail comes from. */
  MAIL_FROM: z.string().optional(),
  /** Where the company's days begin and end. */
  COMPANY_TIME_ZONE: timeZone().default('UTC'),
  /** What prices are drawn with; made once and kept in accounting's database where unset. */
  PRICE_KEY: z.string().optional(),
  /** What the passwords of the databases' roles are derived from, passed to no part; made once where unset. */
  DATABASE_SECRET: secret().optional(),
  /** What the secrets between gateway and subgraphs are derived from; made once and kept in `DATA_DIR` where unset. */
  INTERNAL_SECRET: secret().optional(),
  /** How an empty company begins: `demo` by default with embedded stores, else `none`: one admin. */
  SEED: z.enum(['demo', 'none'], 'must be demo or none').optional(),
  ...firstAdminSettings,
  /** How much is logged. */
  LOG_LEVEL: logLevel(),
  /** `pretty` for people, `json` for programs. */
  LOG_FORMAT: z.enum(['pretty', 'json'], 'must be pretty or json').default('pretty'),
};

export type SystemSettings = z.infer<z.ZodObject<typeof shape>> & {
  /** How each service's own database is reached, where those are given. */
  readonly serviceDatabases:
    | Readonly<Record<DatabaseService, { url: string; migrationUrl: string }>>
    | undefined;
};

/**
 * Reads and validates the settings of the whole system, once, before anything is started.
 * @throws SettingError naming the first that is wrong.
 */
export function readSystemSettings(environment: Environment): SystemSettings {
  const settings = readSettings(shape, environment);
  if (settings.REDIS_CLUSTER && settings.REDIS_URL === undefined) {
    throw new SettingError('REDIS_URL is not set: REDIS_CLUSTER is true, which says that it is a cluster.');
  }
  return {
    ...settings,
    DATA_DIR: resolve(environment.INIT_CWD || process.cwd(), settings.DATA_DIR),
    serviceDatabases: readServiceDatabases(settings),
  };
}

function readServiceDatabases(settings: z.infer<z.ZodObject<typeof shape>>) {
  const urls = allOrNone('DATABASE_URL', (name) => settings[name]);
  const migrationUrls = allOrNone('MIGRATION_URL', (name) => settings[name]);
  if (urls === undefined) {
    if (migrationUrls === undefined) return undefined;
    throw new SettingError(
      'AUTH_DATABASE_URL is not set: the MIGRATION_URLs are, and need theirs beside them.',
    );
  }
  if (settings.DATABASE_URL !== undefined) {
    throw new SettingError(
      'DATABASE_URL is set, and so is AUTH_DATABASE_URL: set the one to have databases made, or the others to use those there are.',
    );
  }
  const both = databaseServices.map((service) => [
    service,
    { url: urls[service], migrationUrl: (migrationUrls ?? urls)[service] },
  ]);
  return Object.fromEntries(both) as Record<DatabaseService, { url: string; migrationUrl: string }>;
}

type UrlKind = 'DATABASE_URL' | 'MIGRATION_URL';
type UrlName = `${Uppercase<DatabaseService>}_${UrlKind}`;

function allOrNone(
  kind: UrlKind,
  read: (name: UrlName) => string | undefined,
): Record<DatabaseService, string> | undefined {
  const nameOf = (service: DatabaseService) => `${service.toUpperCase()}_${kind}` as UrlName;
  const given = databaseServices.filter((service) => read(nameOf(service)) !== undefined);
  const missing = databaseServices.find((service) => !given.includes(service));
  if (given[0] === undefined) return undefined;
  if (missing !== undefined) {
    throw new SettingError(
      `${nameOf(missing)} is not set: ${nameOf(given[0])} is, and the four of them are set together or not at all.`,
    );
  }
  return Object.fromEntries(databaseServices.map((service) => [service, read(nameOf(service))!])) as Record<
    DatabaseService,
    string
  >;
}

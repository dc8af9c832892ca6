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
  /** The gateway's public port, the only one that clients need; 0 takes a free one. */
  PORT: port().default(4000),
  /** The address the gateway binds to. */
  HOST: z.string().default('127.0.0.1'),
  /** The directory for all lasting data: stores, secrets, mail. Relative to the directory where npm was called. */
  DATA_DIR: z.string().default('.data'),
  /** A PostgreSQL server on which databases and roles are made. Without it an embedded one runs in `DATA_DIR`. */
  DATABASE_URL: postgresUrl(),
  /** Databases that exist already, with the role for work: all four together, in place of `DATABASE_URL`. */
  AUTH_DATABASE_URL: postgresUrl(),
  TRACKER_DATABASE_URL: postgresUrl(),
  ACCOUNTING_DATABASE_URL: postgresUrl(),
  ANALYTICS_DATABASE_URL: postgresUrl(),
  /** The same databases with the role that owns them, for migrations: all four. Unset, the URLs above do both. */
  AUTH_MIGRATION_URL: postgresUrl(),
  TRACKER_MIGRATION_URL: postgresUrl(),
  ACCOUNTING_MIGRATION_URL: postgresUrl(),
  ANALYTICS_MIGRATION_URL: postgresUrl(),
  /** Direct URLs of the same databases for LISTEN, where those above lead to a pooler that shares connections. */
  AUTH_LISTEN_URL: postgresUrl(),
  TRACKER_LISTEN_URL: postgresUrl(),
  ACCOUNTING_LISTEN_URL: postgresUrl(),
  ANALYTICS_LISTEN_URL: postgresUrl(),
  /** The most connections of each pool: of a subgraph, and of the workers for each service. Each has its default. */
  DATABASE_POOL_SIZE: poolSize().optional(),
  /** True where the workers' connections keep statements' plans; `off` through a pooler that shares connections. */
  PREPARE: onOff().default(true),
  /** The Redis for queues and hints. Unset, a private one runs where Redis is installed. */
  REDIS_URL: url('redis', 'rediss').optional(),
  /** True where `REDIS_URL` is a node of a Redis Cluster. */
  REDIS_CLUSTER: flag().default(false),
  /** A separate PostgreSQL database for the queues, where there is no Redis. */
  QUEUE_DATABASE_URL: postgresUrl(),
  /** The store for the queues. Unset, it follows from the URLs above and from whether Redis is installed. */
  QUEUE_BACKEND: z.enum(['redis', 'postgresql'], 'must be redis or postgresql').optional(),
  /** The mail server. Unset, every message is written to a file in `DATA_DIR/mail`. */
  SMTP_URL: url('smtp', 'smtps').optional(),
  /** The sender of mail. */
  MAIL_FROM: z.string().optional(),
  /** The time zone in which the company's days begin and end. */
  COMPANY_TIME_ZONE: timeZone().default('UTC'),
  /** The key that prices are drawn with. Unset, it is made once and kept in accounting's database. */
  PRICE_KEY: z.string().optional(),
  /** The secret that the database roles' passwords are derived from. No part gets it. Unset, it is made once. */
  DATABASE_SECRET: secret().optional(),
  /** The source of the secrets between gateway and subgraphs. Unset, it is made once and kept in `DATA_DIR`. */
  INTERNAL_SECRET: secret().optional(),
  /** How an empty company begins: `demo`, the default with the embedded database, or `none`, which is one admin. */
  SEED: z.enum(['demo', 'none'], 'must be demo or none').optional(),
  ...firstAdminSettings,
  /** How much is logged. */
  LOG_LEVEL: logLevel(),
  /** `pretty` for people, `json` for programs. */
  LOG_FORMAT: z.enum(['pretty', 'json'], 'must be pretty or json').default('pretty'),
};

export type SystemSettings = z.infer<z.ZodObject<typeof shape>> & {
  /** The URLs of each service's database, where they are given. */
  readonly serviceDatabases:
    | Readonly<Record<DatabaseService, { url: string; migrationUrl: string }>>
    | undefined;
};

/**
 * Reads and validates the settings of the whole system, once, before anything is started.
 * @throws SettingError that names the first wrong setting.
 */
export function readSystemSettings(environment: Environment): SystemSettings {
  const settings = readSettings(shape, environment);
  if (settings.REDIS_CLUSTER && settings.REDIS_URL === undefined) {
    throw new SettingError('REDIS_URL is not set: REDIS_CLUSTER is true, so name a node of the cluster.');
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
      'AUTH_DATABASE_URL is not set: the four <SERVICE>_MIGRATION_URL are set, so set the four <SERVICE>_DATABASE_URL too.',
    );
  }
  if (settings.DATABASE_URL !== undefined) {
    throw new SettingError(
      'DATABASE_URL is set, and so is AUTH_DATABASE_URL: set only the first to have databases made, or only the four <SERVICE>_DATABASE_URL to use existing ones.',
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
      `${nameOf(missing)} is not set: ${nameOf(given[0])} is set, so set all four or none.`,
    );
  }
  return Object.fromEntries(databaseServices.map((service) => [service, read(nameOf(service))!])) as Record<
    DatabaseService,
    string
  >;
}

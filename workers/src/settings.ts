import type { DatabaseLocation } from '@ates/kit/database/pool';
import type { QueueStore } from '@ates/kit/events/broker';
import { redisOf, redisSettings } from '@ates/kit/process/redis';
import { onOff, poolSize, processSettings, SettingError, timeZone, url } from '@ates/kit/process/settings';
import { z } from 'zod';

const database = () => url('postgres', 'postgresql').optional();

/** The services whose work a process may do; each needs that service's database and no other. */
export const workerGroups = ['auth', 'tracker', 'accounting', 'analytics'] as const;
export type WorkerGroup = (typeof workerGroups)[number];

/** Settings of a workers process. */
export const workerSettings = {
  ...processSettings,
  /** The databases of the services it works for, with the application's role. Other processes work for the others. */
  AUTH_DATABASE_URL: database(),
  TRACKER_DATABASE_URL: database(),
  ACCOUNTING_DATABASE_URL: database(),
  ANALYTICS_DATABASE_URL: database(),
  /** The most connections to each database; by default 4 to auth's, 10 to tracker's and 20 to each of the others. */
  DATABASE_POOL_SIZE: poolSize().optional(),
  /** Direct URLs of the same databases for LISTEN, where the ones above lead to a pooler that shares connections. */
  AUTH_LISTEN_URL: database(),
  TRACKER_LISTEN_URL: database(),
  ACCOUNTING_LISTEN_URL: database(),
  ANALYTICS_LISTEN_URL: database(),
  /** `on` keeps the plans of statements on connections; use `off` through a pooler that shares connections. */
  PREPARE: onOff().default(true),
  /** Redis for the queues and the hints … */
  ...redisSettings,
  /** … or, without it, a PostgreSQL database for the queues, by BullMQ's own backend. */
  QUEUE_DATABASE_URL: database(),
  /** The company's time zone, which decides what day it is. */
  COMPANY_TIME_ZONE: timeZone().default('UTC'),
  /** The key that prices are drawn with (rule 7); without it, one is drawn and stored in accounting's database. */
  PRICE_KEY: z.string().optional(),
  /** The mail server; without it every message becomes a file in MAIL_DIR. */
  SMTP_URL: url('smtp', 'smtps').optional(),
  /** The directory of the messages without SMTP_URL. */
  MAIL_DIR: z.string().default('.data/mail'),
  /** The sender of the mail about wages. */
  MAIL_FROM: z.string().default('Task exchange <wages@task-exchange.example>'),
};
export type WorkerSettings = z.infer<z.ZodObject<typeof workerSettings>>;

/** Returns the location of a group's database; undefined where this process does not work for it. */
export function databaseOf(settings: WorkerSettings, group: WorkerGroup): DatabaseLocation | undefined {
  const service = group.toUpperCase() as Uppercase<WorkerGroup>;
  const url = settings[`${service}_DATABASE_URL`];
  return url === undefined
    ? undefined
    : { url, listenUrl: settings[`${service}_LISTEN_URL`], setting: `${service}_DATABASE_URL` };
}

/** Returns the store of the queues. @throws SettingError where neither store is set. */
export function queueStoreOf(settings: WorkerSettings): QueueStore {
  const redis = redisOf(settings);
  if (redis) return { redis };
  if (settings.QUEUE_DATABASE_URL) return { postgresUrl: settings.QUEUE_DATABASE_URL };
  throw new SettingError(
    'REDIS_URL is not set, and neither is QUEUE_DATABASE_URL: the workers need one of them for their queues.',
  );
}

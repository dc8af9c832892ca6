import { join } from 'node:path';
import type { Log } from '@ates/kit/process/log';
import { type Environment, SettingError } from '@ates/kit/process/settings';
import type { SystemSettings } from './settings.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './stores/embeddedPostgres.ts';
import { findRedisServer, type PrivateRedis, startPrivateRedis } from './stores/privateRedis.ts';
import { type DatabaseService, provision, type ServiceDatabase } from './stores/provision.ts';

/** Where the queues are, in the terms of the settings of the processes that use them. */
export type QueueLocation =
  | { readonly backend: 'redis'; readonly url: string }
  | { readonly backend: 'postgresql'; readonly url: string };

/** A store that this system runs itself. */
export interface OwnStore {
  readonly name: 'postgresql' | 'redis';
  readonly pid: number;
  /** Resolves once the store has ended, with how it ended: `exit code 1`. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

/** The stores, open and with all databases made. */
export interface Stores {
  readonly databases: Readonly<Record<DatabaseService, ServiceDatabase>>;
  readonly queue: QueueLocation;
  readonly own: readonly OwnStore[];
  /** The superuser's URL of an embedded PostgreSQL: for benchmarks and tests. */
  readonly superuserUrl: string | undefined;
  stop(): Promise<void>;
}

export interface OpenStoresOptions {
  readonly settings: SystemSettings;
  /** The secret that roles' passwords are derived from; undefined where the databases' URLs are given. */
  readonly databaseSecret: string | undefined;
  /** Its `PATH` is searched for a private Redis. */
  readonly environment: Environment;
  /** True by default. False is faster, but a crash of the machine may lose the data: for tests. */
  readonly durable?: boolean;
  /** True where an embedded PostgreSQL records what every statement costs. */
  readonly statementStatistics?: boolean;
  readonly log: Log;
}

/** True where PostgreSQL is the embedded one. */
export const isEmbedded = (settings: SystemSettings) =>
  settings.DATABASE_URL === undefined && settings.serviceDatabases === undefined;

/**
 * Opens the databases and the store for the queues: those that the settings name, else stores of its own. For the
 * queues, that is a private Redis where Redis is installed, else a database beside the services'.
 * @throws SettingError that names what is missing or cannot be used; then no own store is left running.
 */
export async function openStores(options: OpenStoresOptions): Promise<Stores> {
  const { settings, databaseSecret, log } = options;
  const own: OwnStore[] = [];
  const stop = async () => void (await Promise.all(own.map((store) => store.stop())));
  try {
    // Both are awaited, so that a store that has started is known, and stopped, when the other fails.
    const [postgres, redis] = await Promise.allSettled([openPostgres(options), openRedis(options)]);
    if (postgres.status === 'fulfilled' && postgres.value)
      own.push({ name: 'postgresql', ...postgres.value });
    if (redis.status === 'fulfilled' && redis.value?.server)
      own.push({ name: 'redis', ...redis.value.server });
    if (postgres.status === 'rejected') throw postgres.reason;
    if (redis.status === 'rejected') throw redis.reason;
    const redisUrl = redis.value?.url;
    const queue: QueueLocation | undefined =
      redisUrl !== undefined
        ? { backend: 'redis', url: redisUrl }
        : settings.QUEUE_DATABASE_URL !== undefined
          ? { backend: 'postgresql', url: settings.QUEUE_DATABASE_URL }
          : undefined;
    if (settings.serviceDatabases !== undefined) {
      if (queue === undefined) {
        throw new SettingError(
          'REDIS_URL is not set, and no Redis is installed here to run: set REDIS_URL, or QUEUE_DATABASE_URL to a PostgreSQL database for the queues.',
        );
      }
      return { databases: settings.serviceDatabases, queue, own, superuserUrl: undefined, stop };
    }
    const { queues, ...databases } = await provision({
      databaseUrl: postgres.value?.url ?? settings.DATABASE_URL!,
      databaseSecret: databaseSecret!,
      queues: queue === undefined,
      log,
    });
    return {
      databases,
      queue: queue ?? { backend: 'postgresql', url: queues!.url },
      own,
      superuserUrl: postgres.value?.url,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openPostgres(options: OpenStoresOptions): Promise<EmbeddedPostgres | undefined> {
  const { settings, durable = true, statementStatistics = false, log } = options;
  if (!isEmbedded(settings)) return undefined;
  const directory = join(settings.DATA_DIR, 'postgres');
  return startEmbeddedPostgres({ directory, durable, statementStatistics, log });
}

/** Returns the Redis for the queues; undefined where the queues are in PostgreSQL. */
async function openRedis(
  options: OpenStoresOptions,
): Promise<{ url: string; server?: PrivateRedis } | undefined> {
  const { settings, durable = true, log } = options;
  if (settings.QUEUE_BACKEND === 'postgresql') return undefined;
  if (settings.REDIS_URL !== undefined) return { url: settings.REDIS_URL };
  if (settings.QUEUE_DATABASE_URL !== undefined && settings.QUEUE_BACKEND === undefined) return undefined;
  const program = await findRedisServer(options.environment);
  if (program === undefined) {
    if (settings.QUEUE_BACKEND === undefined) return undefined;
    throw new SettingError(
      'REDIS_URL is not set, QUEUE_BACKEND asks for Redis, and neither valkey-server nor redis-server 6.2 or newer is in PATH: set REDIS_URL, or install one.',
    );
  }
  try {
    const directory = join(settings.DATA_DIR, 'redis');
    const server = await startPrivateRedis({ directory, server: program, durable, log });
    return { url: server.url, server };
  } catch (error) {
    // The system starts even where an installed Redis does not run: what queues hold is in the databases too.
    if (settings.QUEUE_BACKEND === 'redis' || !(error instanceof SettingError)) throw error;
    log.warn(`${error.message} Queues live in PostgreSQL instead.`);
    return undefined;
  }
}

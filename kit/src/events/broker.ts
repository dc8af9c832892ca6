import {
  createPostgresBackend,
  type Processor,
  Queue,
  type QueueBaseOptions,
  QueueEvents,
  runMigrations,
  Worker,
  type WorkerOptions,
  withBackend,
} from 'bullmq';
import pg from 'pg';
import { findSessionKind } from '../database/session.ts';
import type { Log } from '../process/log.ts';
import { connectRedis, type RedisLocation } from '../process/redis.ts';
import { SettingError } from '../process/settings.ts';

/** Which store BullMQ's queues live in. */
export type QueueStore = { redis: RedisLocation } | { postgresUrl: string };

/** What this code uses of BullMQ's classes, on either backend. */
export interface Broker {
  readonly backend: 'redis' | 'postgresql';
  /**
   * How long a delivery waits for its receipt before it is sent again, in milliseconds. BullMQ's PostgreSQL backend
   * reads its events by `id > last`; ids are not in the order of commits, so now and then a completion is missed
   * there. Sending again is cheap: what is still queued is not queued twice, and what was applied is only acknowledged.
   */
  readonly resendAfterMs: number;
  queue(name: string): Queue;
  worker<Data, Result>(
    name: string,
    process: Processor<Data, Result>,
    options: { concurrency: number },
  ): Worker<Data, Result>;
  /**
   * Calls back with the id of every job of the queue that completes, wherever that is; on Redis also of those that
   * did within the last two minutes, while perhaps nobody listened.
   */
  onCompleted(name: string, callback: (jobId: string) => void): Promise<void>;
  /** True once per watcher after the store lost what was in it: a Redis that was wiped. */
  wasWiped(watcher: string): Promise<boolean>;
  /** Sets keys that outsiders may look at. Nothing here ever reads them; without Redis there are none. */
  mark(keys: readonly string[]): Promise<void>;
  /** Ends the workers with what they have in hand; their completions are still heard. */
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

/** Every key starts with it; the braces keep all queues in one slot of a Redis Cluster. */
const prefix = '{ates}';
/** A key that is there unless somebody wiped the store; one per watcher, so that each notices for itself. */
const sentinelKey = (watcher: string) => `${prefix}:sentinel:${watcher}`;

/** A worker that is killed in the middle of a job loses it to another after about this long. */
const stalledSettings = {
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 3,
} satisfies Partial<WorkerOptions>;

/** Job options for everything: a finished job's id is forgotten at once, or a resend under the same id would vanish. */
export const jobDefaults = {
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 6,
  backoff: { type: 'exponential', delay: 200 },
} as const;

/** Connects to the queues. Opens nothing before it is needed, except for the PostgreSQL backend's migrations. */
export async function openBroker(store: QueueStore, log: Log): Promise<Broker> {
  return 'redis' in store ? redisBroker(store.redis, log) : postgresBroker(store.postgresUrl, log);
}

interface Parts {
  queues: Map<string, Queue>;
  workers: Worker[];
  events: QueueEvents[];
}

/** How long nothing may have failed before the store counts as back, in milliseconds. */
const quietMs = 5_000;

interface Trouble {
  /** Reports the errors of a connection, or of whatever has some. */
  watch(emitter: { on(event: 'error', listener: (error: Error) => void): unknown }): void;
  close(): void;
}

/**
 * Says once that the store is away, and once that it is back, instead of a line per attempt, connection and queue.
 * It is back when it answers and nothing has failed for a while: connections come back one after the other.
 */
function reportTrouble(log: Log, store: string, ask: () => Promise<unknown>): Trouble {
  let failedAt: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    const answers = await ask().then(
      () => true,
      () => false,
    );
    if (timer === undefined || failedAt === undefined) return;
    if (!answers) failedAt = performance.now();
    if (performance.now() - failedAt < quietMs) return void lookLater();
    failedAt = undefined;
    timer = undefined;
    log.info(`${store} works again`);
  };
  const lookLater = () => {
    timer = setTimeout(() => void look(), 1_000).unref();
  };
  return {
    watch(emitter) {
      emitter.on('error', (error) => {
        // After a wipe, jobs in flight are gone: the outbox sends them again, nothing else is needed.
        if (/Missing key for job|Missing lock for job/.test(error.message)) return;
        const wasAway = failedAt !== undefined;
        failedAt = performance.now();
        if (wasAway) return;
        log.warn(
          `${store} does not work (${error.message || (error as NodeJS.ErrnoException).code}); it is tried again, and nothing is lost meanwhile`,
        );
        lookLater();
      });
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** From how long ago on completions are read at a start, in milliseconds; the ids of Redis' streams are times. */
const missedEventsMs = 120_000;

/** How long a mark stays where nobody renews it. */
const markLifeSeconds = 40 * 86_400;

/** How long a start waits for Redis, in milliseconds; it goes on without, and connects when Redis comes. */
const connectTimeoutMs = 5_000;

async function redisBroker(location: RedisLocation, log: Log): Promise<Broker> {
  const producing = connectRedis(location, 'impatient');
  const consuming = connectRedis(location, 'patient');
  const trouble = reportTrouble(log, 'the queue (REDIS_URL)', () => producing.ping());
  trouble.watch(producing);
  trouble.watch(consuming);
  await Promise.race([
    new Promise((resolve) => producing.once('ready', resolve)),
    new Promise((resolve) => setTimeout(resolve, connectTimeoutMs).unref()),
  ]);
  const parts: Parts = { queues: new Map(), workers: [], events: [] };
  return {
    backend: 'redis',
    resendAfterMs: 30_000,
    ...classes(parts, trouble, {
      queue: (name) =>
        new Queue(name, {
          connection: producing,
          prefix,
          skipWaitingForReady: true,
          defaultJobOptions: jobDefaults,
        }),
      worker: (name, process, options) =>
        new Worker(name, process, { ...options, ...stalledSettings, connection: consuming, prefix }),
      // BullMQ makes a connection of its own of it, as it does for a worker, and closes that one.
      // From a while ago on: a job may have completed while nobody listened, such as in the middle of a restart.
      events: (name) =>
        new QueueEvents(name, {
          connection: consuming,
          prefix,
          lastEventId: `${Date.now() - missedEventsMs}-0`,
        }),
    }),
    async wasWiped(watcher) {
      return (await producing.set(sentinelKey(watcher), '1', 'NX')) === 'OK';
    },
    async mark(keys) {
      await Promise.all(keys.map((key) => producing.set(key, '1', 'EX', markLifeSeconds)));
    },
    stopWorkers: () => closeWorkers(parts),
    async close() {
      trouble.close();
      await closeAll(parts);
      producing.disconnect();
      consuming.disconnect();
    },
  };
}

async function postgresBroker(url: string, log: Log): Promise<Broker> {
  const schema = 'bullmq';
  const withClient = async (use: (client: pg.Client) => Promise<unknown>) => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await use(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  if ((await findSessionKind(url)) === 'shared') {
    throw new SettingError(
      'QUEUE_DATABASE_URL must lead to PostgreSQL directly: it goes through a pooler that gives each transaction another connection, where workers do not hear of new jobs.',
    );
  }
  await withClient((client) => runMigrations(client, schema));
  const trouble = reportTrouble(log, 'the queue (QUEUE_DATABASE_URL)', () =>
    withClient((client) => client.query('select')),
  );
  const { Queue, Worker, QueueEvents } = withBackend(createPostgresBackend);
  // A config and not a shared pool: each worker keeps a client for LISTEN, and a small shared pool hangs silently.
  const connection = { connectionString: url, max: 2, schema, skipMigrations: true };
  const parts: Parts = { queues: new Map(), workers: [], events: [] };
  return {
    backend: 'postgresql',
    resendAfterMs: 2_000,
    ...classes(parts, trouble, {
      queue: (name) =>
        new Queue(name, { connection, defaultJobOptions: jobDefaults }) as unknown as import('bullmq').Queue,
      worker: (name, process, options) =>
        new Worker(name, process as Processor, {
          ...options,
          ...stalledSettings,
          connection,
        }) as unknown as import('bullmq').Worker,
      events: (name) => new QueueEvents(name, { connection }) as unknown as import('bullmq').QueueEvents,
    }),
    wasWiped: async () => false,
    mark: async () => undefined,
    stopWorkers: () => closeWorkers(parts),
    async close() {
      trouble.close();
      await closeAll(parts);
    },
  };
}

function classes(
  parts: Parts,
  trouble: Trouble,
  make: {
    queue(name: string): Queue;
    worker(
      name: string,
      process: Processor,
      options: Pick<WorkerOptions, 'concurrency'> & Partial<QueueBaseOptions>,
    ): Worker;
    events(name: string): QueueEvents;
  },
): Pick<Broker, 'queue' | 'worker' | 'onCompleted'> {
  return {
    queue(name) {
      const known = parts.queues.get(name);
      if (known) return known;
      const queue = make.queue(name);
      trouble.watch(queue);
      parts.queues.set(name, queue);
      return queue;
    },
    worker<Data, Result>(name: string, process: Processor<Data, Result>, options: { concurrency: number }) {
      const worker = make.worker(name, process as Processor, options);
      trouble.watch(worker);
      parts.workers.push(worker);
      return worker as Worker<Data, Result>;
    },
    async onCompleted(name, callback) {
      const events = make.events(name);
      trouble.watch(events);
      events.on('completed', ({ jobId }) => callback(jobId));
      parts.events.push(events);
      // Not before it listens: what completes earlier would be sent again.
      await Promise.race([
        events.waitUntilReady(),
        new Promise((resolve) => setTimeout(resolve, connectTimeoutMs).unref()),
      ]);
    },
  };
}

async function closeWorkers({ workers }: Parts): Promise<void> {
  await Promise.allSettled(workers.map((worker) => worker.close()));
}

async function closeAll(parts: Parts): Promise<void> {
  await closeWorkers(parts);
  await Promise.allSettled([...parts.events, ...parts.queues.values()].map((part) => part.close()));
}

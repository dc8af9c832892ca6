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

/** The store of BullMQ's queues. */
export type QueueStore = { redis: RedisLocation } | { postgresUrl: string };

/** What is used of BullMQ here, the same on both backends. */
export interface Broker {
  readonly backend: 'redis' | 'postgresql';
  /**
   * How long a delivery waits for its receipt before it is sent again, in milliseconds. It is short on PostgreSQL: BullMQ
   * reads its events there by `id > last`, ids are not in the order of commits, so sometimes a completion is missed.
   * Sending again is cheap: a job that is still queued is not added twice, and an applied event is only acknowledged.
   */
  readonly resendAfterMs: number;
  queue(name: string): Queue;
  worker<Data, Result>(
    name: string,
    process: Processor<Data, Result>,
    options: { concurrency: number },
  ): Worker<Data, Result>;
  /**
   * Calls back with the id of each job of the queue that completes in any process; on Redis also with those of the last two
   * minutes, when this process may not have listened yet.
   */
  onCompleted(name: string, callback: (jobId: string) => void): Promise<void>;
  /** True once per watcher after Redis was wiped. */
  wasWiped(watcher: string): Promise<boolean>;
  /** Sets keys for outside readers; nothing here reads them. Does nothing without Redis. */
  mark(keys: readonly string[]): Promise<void>;
  /** Ends the workers after their current jobs; completions are still heard. */
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

/** The prefix of all keys. Its braces keep all queues in one slot of a Redis Cluster. */
const prefix = '{ates}';
/** A key that is missing only after a wipe; one per watcher, so that each of them notices. */
const sentinelKey = (watcher: string) => `${prefix}:sentinel:${watcher}`;

/** After about this long, the job of a killed worker goes to another one. */
const stalledSettings = {
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 3,
} satisfies Partial<WorkerOptions>;

/** Options of all jobs. A finished job is removed at once; otherwise a resend under the same id would be ignored. */
export const jobDefaults = {
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 6,
  backoff: { type: 'exponential', delay: 200 },
} as const;

/** Connects to the queues; on PostgreSQL it also runs BullMQ's migrations. */
export async function openBroker(store: QueueStore, log: Log): Promise<Broker> {
  return 'redis' in store ? redisBroker(store.redis, log) : postgresBroker(store.postgresUrl, log);
}

/** How long nothing must have failed before the store counts as back, in milliseconds. */
const quietMs = 5_000;

interface Trouble {
  /** Reports the errors of a connection, queue or worker. */
  watch(emitter: { on(event: 'error', listener: (error: Error) => void): unknown }): void;
  close(): void;
}

/**
 * Logs once that the store is away and once that it is back, instead of a line per attempt, connection and queue. It is back
 * when it answers and nothing has failed for a while, since connections come back one by one.
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
        // After a wipe, running jobs are gone; the relay sends them again.
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

/** How old the completions may be that are read at a start, in milliseconds. */
const missedEventsMs = 120_000;

/** How long a mark stays if it is not renewed, in seconds. */
const markLifeSeconds = 40 * 86_400;

/** How long a start waits for Redis, in milliseconds; after that it goes on, and connects when Redis is there. */
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
  const parts = partsOf(trouble, {
    queue: (name) =>
      new Queue(name, {
        connection: producing,
        prefix,
        skipWaitingForReady: true,
        defaultJobOptions: jobDefaults,
      }),
    worker: (name, process, options) =>
      new Worker(name, process, { ...options, ...stalledSettings, connection: consuming, prefix }),
    // BullMQ copies the connection, as for a worker, and closes the copy. It reads from two minutes ago on: a job may
    // have completed during a restart.
    events: (name) =>
      new QueueEvents(name, {
        connection: consuming,
        prefix,
        lastEventId: `${Date.now() - missedEventsMs}-0`,
      }),
  });
  return {
    backend: 'redis',
    resendAfterMs: 30_000,
    ...parts,
    async wasWiped(watcher) {
      return (await producing.set(sentinelKey(watcher), '1', 'NX')) === 'OK';
    },
    async mark(keys) {
      await Promise.all(keys.map((key) => producing.set(key, '1', 'EX', markLifeSeconds)));
    },
    async close() {
      await parts.close();
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
  // Not a shared pool: each worker keeps a client for LISTEN, and a small shared pool would hang silently.
  const connection = { connectionString: url, max: 2, schema, skipMigrations: true };
  const parts = partsOf(trouble, {
    queue: (name) =>
      new Queue(name, { connection, defaultJobOptions: jobDefaults }) as unknown as import('bullmq').Queue,
    worker: (name, process, options) =>
      new Worker(name, process as Processor, {
        ...options,
        ...stalledSettings,
        connection,
      }) as unknown as import('bullmq').Worker,
    events: (name) => new QueueEvents(name, { connection }) as unknown as import('bullmq').QueueEvents,
  });
  return {
    backend: 'postgresql',
    resendAfterMs: 2_000,
    ...parts,
    wasWiped: async () => false,
    mark: async () => undefined,
  };
}

/** Makes a broker's queues, workers and listeners with one backend's classes, and closes them. */
function partsOf(
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
): Pick<Broker, 'queue' | 'worker' | 'onCompleted' | 'stopWorkers' | 'close'> {
  const queues = new Map<string, Queue>();
  const workers: Worker[] = [];
  const listeners: QueueEvents[] = [];
  const closeAll = async (parts: Iterable<{ close(): Promise<unknown> }>) => {
    await Promise.allSettled([...parts].map((part) => part.close()));
  };
  return {
    queue(name) {
      const known = queues.get(name);
      if (known) return known;
      const queue = make.queue(name);
      trouble.watch(queue);
      queues.set(name, queue);
      return queue;
    },
    worker<Data, Result>(name: string, process: Processor<Data, Result>, options: { concurrency: number }) {
      const worker = make.worker(name, process as Processor, options);
      trouble.watch(worker);
      workers.push(worker);
      return worker as Worker<Data, Result>;
    },
    async onCompleted(name, callback) {
      const events = make.events(name);
      trouble.watch(events);
      events.on('completed', ({ jobId }) => callback(jobId));
      listeners.push(events);
      // Waits until it listens: jobs that complete earlier would be sent again.
      await Promise.race([
        events.waitUntilReady(),
        new Promise((resolve) => setTimeout(resolve, connectTimeoutMs).unref()),
      ]);
    },
    stopWorkers: () => closeAll(workers),
    async close() {
      trouble.close();
      await closeAll(workers);
      await closeAll([...listeners, ...queues.values()]);
    },
  };
}

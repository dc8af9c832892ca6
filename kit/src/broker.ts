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
import type { Log } from './log.ts';
import { connectRedis, type RedisLocation } from './redis.ts';

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
  /** Calls back with the id of every job of the queue that completes, wherever that is. */
  onCompleted(name: string, callback: (jobId: string) => void): Promise<void>;
  /** True once per watcher after the store lost what was in it: a Redis that was wiped. */
  wasWiped(watcher: string): Promise<boolean>;
  /** Sets keys that outsiders may look at. Nothing here ever reads them; without Redis there are none. */
  mark(keys: readonly string[]): Promise<void>;
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
  closing: (() => Promise<unknown>)[];
}

/** Says once that the store is away, and once that it is back, instead of a line per attempt. */
function reportTrouble(
  log: Log,
  emitter: { on(event: 'error', listener: (error: Error) => void): unknown },
  what: string,
) {
  let last = 0;
  emitter.on('error', (error) => {
    // After a wipe, jobs in flight are gone: the outbox sends them again, nothing else is needed.
    if (/Missing key for job|Missing lock for job/.test(error.message)) return;
    if (Date.now() - last < 10_000) return;
    last = Date.now();
    log.warn(
      `${what}: ${error.message || (error as NodeJS.ErrnoException).code}; it is tried again, and nothing is lost meanwhile`,
    );
  });
}

/** How long a mark stays where nobody renews it. */
const markLifeSeconds = 40 * 86_400;

/** How long a start waits for Redis, in milliseconds; it goes on without, and connects when Redis comes. */
const connectTimeoutMs = 5_000;

async function redisBroker(location: RedisLocation, log: Log): Promise<Broker> {
  const producing = connectRedis(location, 'impatient');
  const consuming = connectRedis(location, 'patient');
  reportTrouble(log, producing, 'the queue (REDIS_URL) cannot be reached');
  reportTrouble(log, consuming, 'the queue (REDIS_URL) cannot be reached');
  await Promise.race([
    new Promise((resolve) => producing.once('ready', resolve)),
    new Promise((resolve) => setTimeout(resolve, connectTimeoutMs).unref()),
  ]);
  const parts: Parts = { queues: new Map(), closing: [] };
  return {
    backend: 'redis',
    resendAfterMs: 30_000,
    ...classes(parts, log, {
      queue: (name) =>
        new Queue(name, {
          connection: producing,
          prefix,
          skipWaitingForReady: true,
          defaultJobOptions: jobDefaults,
        }),
      worker: (name, process, options) =>
        new Worker(name, process, { ...options, ...stalledSettings, connection: consuming, prefix }),
      events: (name) => new QueueEvents(name, { connection: consuming.duplicate(), prefix }),
    }),
    async wasWiped(watcher) {
      return (await producing.set(sentinelKey(watcher), '1', 'NX')) === 'OK';
    },
    async mark(keys) {
      await Promise.all(keys.map((key) => producing.set(key, '1', 'EX', markLifeSeconds)));
    },
    async close() {
      await closeAll(parts);
      producing.disconnect();
      consuming.disconnect();
    },
  };
}

async function postgresBroker(url: string, log: Log): Promise<Broker> {
  const schema = 'bullmq';
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await runMigrations(client, schema);
  } finally {
    await client.end();
  }
  const { Queue, Worker, QueueEvents } = withBackend(createPostgresBackend);
  // A config and not a shared pool: each worker keeps a client for LISTEN, and a small shared pool hangs silently.
  const connection = { connectionString: url, max: 2, schema, skipMigrations: true };
  const parts: Parts = { queues: new Map(), closing: [] };
  return {
    backend: 'postgresql',
    resendAfterMs: 2_000,
    ...classes(parts, log, {
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
    close: () => closeAll(parts),
  };
}

function classes(
  parts: Parts,
  log: Log,
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
      reportTrouble(log, queue, `queue ${name} is away`);
      parts.queues.set(name, queue);
      return queue;
    },
    worker<Data, Result>(name: string, process: Processor<Data, Result>, options: { concurrency: number }) {
      const worker = make.worker(name, process as Processor, options);
      reportTrouble(log, worker, `queue ${name} is away`);
      parts.closing.unshift(() => worker.close());
      return worker as Worker<Data, Result>;
    },
    async onCompleted(name, callback) {
      const events = make.events(name);
      reportTrouble(log, events, `queue ${name} is away`);
      events.on('completed', ({ jobId }) => callback(jobId));
      parts.closing.push(() => events.close());
      // Not before it listens: what completes earlier would be sent again.
      await Promise.race([
        events.waitUntilReady(),
        new Promise((resolve) => setTimeout(resolve, connectTimeoutMs).unref()),
      ]);
    },
  };
}

async function closeAll(parts: Parts): Promise<void> {
  await Promise.allSettled(parts.closing.map((close) => close()));
  await Promise.allSettled([...parts.queues.values()].map((queue) => queue.close()));
}

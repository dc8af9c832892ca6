import { type Kysely, sql } from 'kysely';
import { watchClockSkew } from './database/measureClockSkew.ts';
import { type LoopName, listenForWakes } from './database/notifications.ts';
import { lanes, type OutboxTables } from './database/outbox.ts';
import { type DatabaseLocation, openServiceDatabase } from './database/pool.ts';
import { ServiceDatabase } from './database/unitOfWork.ts';
import type { Broker } from './events/broker.ts';
import { startConsumer } from './events/consumer.ts';
import type { DeliveryGauges } from './events/deliveryGauges.ts';
import type { EventHandler } from './events/handlers.ts';
import { type InboxTables, purgeInbox } from './events/inbox.ts';
import { startRelay } from './events/relay.ts';
import { type Runs, startRuns } from './events/runs.ts';
import { openHints } from './live/hints.ts';
import type { Clock, Random } from './process/clock.ts';
import { type ClockSkew, databaseNow } from './process/clockSkew.ts';
import type { Log } from './process/log.ts';
import { type Loop, startLoop } from './process/loop.ts';
import type { RedisLocation } from './process/redis.ts';

/** What a service does when something happens; `workFor` does it. Declared in `workers/src/<service>.ts`. */
export interface ServiceWork<Tables, Settings> {
  readonly name: string;
  /** The size of its connection pool, unless it is set. */
  readonly poolSize: number;
  /** The consumers of the service's events; none where it has no outbox. */
  readonly sendsTo: readonly string[];
  /** False for a service without live views. */
  readonly hasViews?: boolean;
  /** Opens what the work needs beside its database, and declares the work. */
  open(process: WorkProcess<Tables, Settings>): Promise<OpenWork<Tables>> | OpenWork<Tables>;
}

/** What a service's `open` gets. */
export interface WorkProcess<Tables, Settings> {
  readonly settings: Settings;
  readonly database: ServiceDatabase<Tables>;
  readonly broker: Broker;
  readonly random: Random;
  readonly skew: ClockSkew;
  readonly log: Log;
}

/** The work of a service, declared. */
export interface OpenWork<Tables> {
  /** What each consumer does with its events. Several consumers may share a service's database. */
  readonly consumers?: Readonly<Record<string, readonly EventHandler<Tables>[]>>;
  /** Durable runs; waking `runs` looks for them. */
  readonly runs?: readonly Runs[];
  /** Loops, and what wakes each. */
  readonly loops?: readonly {
    readonly what: string;
    readonly intervalMs: number;
    readonly wokenBy?: LoopName;
    run(): Promise<unknown>;
  }[];
  /** Parts that run already, to be woken and stopped. */
  readonly begun?: readonly (Loop & { readonly wokenBy: LoopName })[];
}

/** What the work of all services in a process shares. */
export interface WorkContext<Settings> {
  readonly settings: Settings;
  readonly broker: Broker;
  /** Carries hints; without it the databases do. */
  readonly redis: RedisLocation | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Given by tests; otherwise the clock skew is measured. */
  readonly skew: ClockSkew | undefined;
  readonly log: Log;
  /** The size of the connection pool of each service, unless its default counts. */
  readonly poolSize: number | undefined;
  /** True to prepare statements. */
  readonly prepare: boolean;
}

/** The running work of one service. */
export interface RunningWork {
  readonly skew: ClockSkew;
  /** True while the database answers and the clocks agree, else a sentence that says what is wrong. */
  isReady(): Promise<true | string>;
  /** Adds its figures to the gauges. */
  show(gauges: DeliveryGauges): void;
  /** Takes no new work, and ends runs after their current batch. The relay goes on, since receipts are still to come. */
  stop(): Promise<void>;
  /** Notes the last receipts and closes the database; called when the broker's workers have ended. */
  close(): Promise<void>;
}

/** How often old inbox rows are deleted, in milliseconds. */
const purgeIntervalMs = 3_600_000;

/** Does the work of one service: its relay, its consumers, its runs and its loops. */
export async function workFor<Tables, Settings>(
  work: ServiceWork<Tables, Settings>,
  location: DatabaseLocation,
  context: WorkContext<Settings>,
): Promise<RunningWork> {
  const { name } = work;
  const { settings, broker, redis, clock, random, log, prepare } = context;
  const { db, listenUrl } = await openServiceDatabase<Tables>(
    location,
    {
      poolSize: context.poolSize ?? work.poolSize,
      statementTimeoutMs: 30_000,
      applicationName: `${name} workers`,
      prepare,
    },
    log,
  );
  const skew = context.skew ?? (await watchClockSkew({ db, service: name, log }));
  const hints = work.hasViews === false ? undefined : openHints({ service: name, db, listenUrl, redis, log });
  const database = new ServiceDatabase(db, { clock, hints });
  const opened = await work.open({ settings, database, broker, random, skew, log });
  const parts: Loop[] = [];
  const wakers: { by: LoopName; wake(): void }[] = [];
  const add = (part: Loop, ...names: LoopName[]) => {
    parts.push(part);
    for (const by of names) wakers.push({ by, wake: part.wake });
  };

  const relay =
    work.sendsTo.length > 0
      ? await startRelay({
          database: database as unknown as ServiceDatabase<OutboxTables>,
          broker,
          producer: name,
          consumers: work.sendsTo,
          now: databaseNow(clock, skew),
          log,
        })
      : undefined;
  for (const lane of relay ? lanes : []) wakers.push({ by: `outbox_${lane}`, wake: () => relay?.wake(lane) });
  const consumers = Object.entries(opened.consumers ?? {});
  // A service with consumers has the inbox's tables.
  const inbox = {
    db: db as unknown as Kysely<InboxTables>,
    database: database as unknown as ServiceDatabase<InboxTables>,
  };
  for (const [consumer, handlers] of consumers) {
    const applied = handlers as unknown as readonly EventHandler<InboxTables>[];
    add(
      startConsumer({ database: inbox.database, broker, consumer, handlers: applied, skew, log }),
      'dead_letters',
    );
  }
  for (const runs of opened.runs ?? []) add(startRuns({ ...runs, broker, clock, skew, log }), 'runs');
  for (const part of opened.begun ?? []) add(part, part.wokenBy);
  const loop = (what: string, intervalMs: number, run: () => Promise<unknown>) =>
    startLoop({ what, intervalMs, run, skew, log });
  for (const { what, intervalMs, run, wokenBy } of opened.loops ?? [])
    add(loop(what, intervalMs, run), ...(wokenBy ? [wokenBy] : []));
  if (consumers.length > 0)
    add(
      loop(`forgetting old inbox rows of ${name}`, purgeIntervalMs, () => purgeInbox(inbox.db, clock.now())),
    );

  const notifications = listenForWakes(
    listenUrl,
    (wanted) => {
      for (const { by, wake } of wakers) if (by === wanted) wake();
    },
    log,
  );
  return {
    skew,
    async isReady() {
      try {
        await sql`select 1`.execute(db);
        return skew.outOfStep ?? true;
      } catch (error) {
        return `the database of ${location.setting} does not answer: ${(error as Error).message}`;
      }
    },
    show(gauges) {
      if (relay) gauges.showOverdue(name, relay);
      if (consumers.length > 0) gauges.showPutAside(inbox.db);
    },
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
    },
    async close() {
      skew.stop();
      await Promise.all([notifications.stop(), relay?.stop()]);
      await hints?.close();
      await db.destroy();
    },
  };
}

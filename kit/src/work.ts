import { type Kysely, sql } from 'kysely';
import { watchClockSkew } from './database/measureClockSkew.ts';
import { type LoopName, listenForWakes } from './database/notifications.ts';
import type { OutboxTables } from './database/outbox.ts';
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
import { startLoop } from './process/loop.ts';
import type { RedisLocation } from './process/redis.ts';

/** What a service does when something happens, for `workFor`. It stands in `workers/src/<service>.ts`. */
export interface ServiceWork<Tables, Settings> {
  readonly name: string;
  /** Its connections to the service's database, unless the setting says otherwise. */
  readonly poolSize: number;
  /** Who gets the events of the service's outbox; none where it has no outbox. */
  readonly sendsTo: readonly string[];
  /** Whether its service has live views to hint; true unless given. */
  readonly hasViews?: boolean;
  /** Opens what the work needs beside its database, and says what is to be done. */
  open(process: WorkProcess<Tables, Settings>): Promise<OpenWork<Tables>> | OpenWork<Tables>;
}

/** What the work of a service has at hand. */
export interface WorkProcess<Tables, Settings> {
  readonly settings: Settings;
  readonly database: ServiceDatabase<Tables>;
  readonly broker: Broker;
  readonly random: Random;
  readonly skew: ClockSkew;
  readonly log: Log;
}

/** What is done for a service. */
export interface OpenWork<Tables> {
  /** What each consumer does with its events; a service's database may be that of several. */
  readonly consumers?: Readonly<Record<string, readonly EventHandler<Tables>[]>>;
  /** Durable runs; they are looked for when `runs` is woken. */
  readonly runs?: readonly Runs[];
  /** What is done every so often, and when it is woken. */
  readonly loops?: readonly {
    readonly what: string;
    readonly intervalMs: number;
    readonly wokenBy?: LoopName;
    run(): Promise<unknown>;
  }[];
  /** What has begun already, and is to be woken and stopped. */
  readonly begun?: readonly (Part & { readonly wokenBy: LoopName })[];
}

interface Part {
  wake(): void;
  stop(): Promise<void>;
}

/** What all work of a process has in common. */
export interface WorkContext<Settings> {
  readonly settings: Settings;
  readonly broker: Broker;
  /** Where hints go; by the database without it. */
  readonly redis: RedisLocation | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the clock may be trusted, in place of measuring it; for tests. */
  readonly skew: ClockSkew | undefined;
  readonly log: Log;
  /** The most connections to each service's database; each has its own default. */
  readonly poolSize: number | undefined;
  /** Whether connections keep the plans of their statements. */
  readonly prepare: boolean;
}

/** The work of one service, under way. */
export interface RunningWork {
  /** How far this machine's clock is from that of the service's database. */
  readonly skew: ClockSkew;
  /** Whether its database answers; a sentence where not. */
  isReady(): Promise<true | string>;
  /** Shows what does not get through. */
  show(gauges: DeliveryGauges): void;
  /** Takes no more work, and ends what runs at its next committed batch. Its relay goes on: receipts are still due. */
  stop(): Promise<void>;
  /** Notes the last receipts and closes the database; after the broker's workers have ended. */
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
  const woken: { by: LoopName; part: Pick<Part, 'wake'> }[] = [];
  const parts: Part[] = [];
  const add = (part: Part, ...names: LoopName[]) => {
    parts.push(part);
    for (const by of names) woken.push({ by, part });
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
  if (relay) {
    woken.push({ by: 'outbox_interactive', part: { wake: () => relay.wake('interactive') } });
    woken.push({ by: 'outbox_bulk', part: { wake: () => relay.wake('bulk') } });
  }
  const consumers = Object.entries(opened.consumers ?? {});
  // A service with consumers has an inbox.
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
    startLoop({ what, intervalMs, skew, log, run: async () => void (await run()) });
  for (const { what, intervalMs, run, wokenBy } of opened.loops ?? [])
    add(loop(what, intervalMs, run), ...(wokenBy ? [wokenBy] : []));
  if (consumers.length > 0)
    add(
      loop(`forgetting old inbox rows of ${name}`, purgeIntervalMs, () => purgeInbox(inbox.db, clock.now())),
    );

  const notifications = listenForWakes(
    listenUrl,
    (wanted) => {
      for (const { by, part } of woken) if (by === wanted) part.wake();
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

import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type Lane, lanes, type OutboxTables } from '../database/outbox.ts';
import type { ServiceDatabase } from '../database/unitOfWork.ts';
import type { Log } from '../process/log.ts';
import { type Loop, startLoop } from '../process/loop.ts';
import type { Broker } from './broker.ts';
import { noteReceipts, returnDeliveries, takeDeliveries } from './deliveries.ts';
import type { Delivery } from './handlers.ts';
import { type Overdue, watchOverdue } from './overdue.ts';

/** Returns the name of a consumer's queue of one lane. */
export const queueName = (consumer: string, lane: string): string => `${consumer}-${lane}`;

/** How many deliveries of a producer may be under way per consumer. A bulk event has 117 KB. */
const windows = { interactive: 500, bulk: 16 } as const;

/**
 * How many windows a queue may hold before nothing is added to it: more than it has producers, so that they do not wait for
 * each other, and few enough for a Redis of a few MB. The windows alone do not bound the queue: without a receipt in time a
 * delivery leaves its window, but while the consumer stands still it stays in the queue, and each resend time would add
 * another window. *Instead:* to resend before sending anything new is wrong, since a window full of events that fail again
 * and again, without being poison, would stop all others. Such events leave the queue, those of a consumer that stands
 * still do not: so the queue's length tells the two cases apart.
 */
const mostWindowsQueued = 4;

/** How long receipts wait to be noted together, in milliseconds: a transaction for each would cost more. */
const receiptsTogetherMs = 25;

/** How often the outbox is looked at without being woken, in milliseconds. */
const pollIntervalMs = 500;

/** Job ids name the producer, so that a relay knows its own receipts. */
const jobId = (producer: string, eventId: string) => `${producer}.${eventId}`;

/** A running relay. */
export interface Relay {
  wake(lane: Lane): void;
  /** The events that have failed for over an hour. */
  overdue(): readonly Overdue[];
  stop(): Promise<void>;
}

/**
 * Sends a service's outbox to the queues, and deletes deliveries when their receipts come. A receipt is the completion of
 * the job, which completes after its consumer has committed. A delivery without a receipt is sent again.
 */
export async function startRelay<Tables extends OutboxTables>(options: {
  database: ServiceDatabase<Tables>;
  broker: Broker;
  producer: string;
  consumers: readonly string[];
  now: () => Date;
  log: Log;
}): Promise<Relay> {
  const { broker, producer, consumers, now, log } = options;
  // Of the service's database, a relay needs the outbox only.
  const database = options.database as unknown as ServiceDatabase<OutboxTables>;
  const { db } = database;
  const sendings: { lane: Lane; loop: Loop }[] = [];
  const wake = (lane: Lane) => {
    for (const sending of sendings) if (sending.lane === lane) sending.loop.wake();
  };
  const receipts: ReturnType<typeof collectReceipts>[] = [];
  for (const consumer of consumers) {
    for (const lane of lanes) {
      const loop = startLoop({
        what: `sending ${producer}'s ${lane} events to ${consumer}`,
        intervalMs: pollIntervalMs,
        run: sendDeliveries({ database, broker, producer, consumer, lane, now }),
        log,
      });
      sendings.push({ lane, loop });
      // Receipts make room in this queue's window.
      const collected = collectReceipts(db, consumer, log, () => loop.wake());
      receipts.push(collected);
      await broker.onCompleted(queueName(consumer, lane), (id) => {
        if (id.startsWith(`${producer}.`)) collected.add(id.slice(producer.length + 1));
      });
    }
  }
  // Only for speed: without it, what a wiped Redis has lost is sent again after the resend time.
  let looked = false;
  const sentinel = startLoop({
    what: `looking whether the queue was wiped`,
    intervalMs: 250,
    log,
    run: async () => {
      const wasWiped = await broker.wasWiped(producer);
      // The first look never finds a sentinel, which is not worth a line.
      const level = looked ? 'info' : 'debug';
      looked = true;
      if (!wasWiped) return;
      const returned = await returnDeliveries(db, { now: now(), dueAt: now() });
      if (returned > 0) log[level](`the queue was empty: ${returned} events of ${producer} are sent again`);
      for (const lane of lanes) wake(lane);
    },
  });
  const overdue = watchOverdue({ db, producer, now, log });
  return {
    wake,
    overdue: () => overdue.found,
    async stop() {
      await Promise.all([overdue.stop(), sentinel.stop(), ...sendings.map(({ loop }) => loop.stop())]);
      await Promise.all(receipts.map((collected) => collected.stop()));
    },
  };
}

/**
 * Returns a pass that sends what is due, as far as there is room in the window and in the queue. New events and receipts,
 * which make room, wake it again.
 */
function sendDeliveries(options: {
  database: ServiceDatabase<OutboxTables>;
  broker: Broker;
  producer: string;
  consumer: string;
  lane: Lane;
  now: () => Date;
}): () => Promise<void> {
  const { database, broker, producer, consumer, lane, now } = options;
  const { db, keptPayloads } = database;
  const queue = broker.queue(queueName(consumer, lane));
  const window: number = windows[lane];
  // The queue's length is read once per window that was sent, and never while idle.
  let sentSinceLook = window;
  return async () => {
    if (sentSinceLook >= window) {
      if ((await queue.count()) >= mostWindowsQueued * window) return;
      sentSinceLook = 0;
    }
    const taken = await takeDeliveries(db, {
      lane,
      consumer,
      window,
      now: now(),
      resendAfterMs: broker.resendAfterMs,
      ...(lane === 'bulk' ? { kept: keptPayloads.now } : {}),
    });
    if (taken.length === 0) return;
    sentSinceLook += taken.length;
    try {
      await queue.addBulk(
        taken.map(({ eventId, event, payload }) => ({
          name: event,
          data: { eventId, event, lane, payload } satisfies Delivery,
          opts: { jobId: jobId(producer, eventId) },
        })),
      );
    } catch (error) {
      const dueAt = new Date(now().getTime() + 1_000);
      await returnDeliveries(db, {
        now: now(),
        dueAt,
        consumer,
        eventIds: taken.map((delivery) => delivery.eventId),
      });
      throw error;
    }
  };
}

/** Collects receipts, so that one transaction notes many. A receipt that is lost costs a resend. */
function collectReceipts(db: Kysely<OutboxTables>, consumer: string, log: Log, onNoted: () => void) {
  let waiting: string[] = [];
  const noteAll = async () => {
    while (waiting.length > 0) {
      const ids = waiting.slice(0, 500);
      waiting = waiting.slice(500);
      try {
        await noteReceipts(db, consumer, ids);
      } catch (error) {
        waiting = [...ids, ...waiting];
        throw error;
      }
      onNoted();
    }
  };
  const loop = startLoop({
    what: `noting receipts of ${consumer}`,
    intervalMs: 1_000,
    log,
    run: async () => {
      if (waiting.length > 0) await sleep(receiptsTogetherMs);
      await noteAll();
    },
  });
  return {
    add(eventId: string) {
      waiting.push(eventId);
      loop.wake();
    },
    async stop() {
      await loop.stop();
      // The receipts since; if this fails, their events are sent again.
      await noteAll().catch(() => undefined);
    },
  };
}

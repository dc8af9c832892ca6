import type { Kysely } from 'kysely';
import type { Broker } from './broker.ts';
import type { Delivery } from './inbox.ts';
import type { Log } from './log.ts';
import { lanes, noteReceipts, type OutboxTables, returnDeliveries, takeDeliveries } from './outbox.ts';
import { type Sweep, startSweep } from './sweep.ts';

/** The queue that a consumer's events of one lane travel in. */
export const queueName = (consumer: string, lane: string): string => `${consumer}-${lane}`;

/** How many deliveries may be under way per consumer. Bulk ones are 117 KB each, so 16 keep Redis at a few MB. */
const windows = { interactive: 500, bulk: 16 } as const;

/** How often the outbox is looked at where no doorbell rang, in milliseconds. */
const pollIntervalMs = 500;

/** Job ids name the producer, so that a relay knows the receipts that are its own. */
const jobId = (producer: string, eventId: string) => `${producer}.${eventId}`;

/**
 * Sends a service's outbox to the queues, and takes deliveries off it when their receipts come. A receipt is the
 * job's completion, and a job completes only after its consumer has committed. Whatever has none is sent again.
 */
export async function startRelay<Tables extends OutboxTables>(options: {
  db: Kysely<Tables>;
  broker: Broker;
  producer: string;
  consumers: readonly string[];
  now: () => Date;
  log: Log;
}): Promise<{ ring(): void; stop(): Promise<void> }> {
  const { broker, producer, consumers, now, log } = options;
  // A relay looks at nothing but the outbox, whatever else the database holds.
  const db = options.db as unknown as Kysely<OutboxTables>;
  const sweeps: Sweep[] = [];
  const ring = () => {
    for (const sweep of sweeps) sweep.ring();
  };
  const receipts: ReturnType<typeof collectReceipts>[] = [];
  for (const consumer of consumers) {
    const collected = collectReceipts(db, consumer, log, ring);
    receipts.push(collected);
    for (const lane of lanes) {
      await broker.onCompleted(queueName(consumer, lane), (id) => {
        if (id.startsWith(`${producer}.`)) collected.add(id.slice(producer.length + 1));
      });
      const relay = () => relayDeliveries({ db, broker, producer, consumer, lane, now });
      sweeps.push(
        startSweep({
          what: `sending ${producer}'s ${lane} events to ${consumer}`,
          intervalMs: pollIntervalMs,
          sweep: relay,
          log,
        }),
      );
    }
  }
  // The sentinel only makes it quick: without it, what a wiped Redis lost is sent again after the resend time.
  const sentinel = startSweep({
    what: `looking whether the queue was wiped`,
    intervalMs: 250,
    log,
    sweep: async () => {
      if (!(await broker.wasWiped(producer))) return;
      const returned = await returnDeliveries(db, { now: now(), dueAt: now() });
      if (returned > 0) log.info(`the queue was empty: ${returned} events of ${producer} are sent again`);
      ring();
    },
  });
  return {
    ring,
    async stop() {
      await Promise.all([sentinel.stop(), ...sweeps.map((sweep) => sweep.stop())]);
      await Promise.all(receipts.map((collected) => collected.stop()));
    },
  };
}

async function relayDeliveries(options: {
  db: Kysely<OutboxTables>;
  broker: Broker;
  producer: string;
  consumer: string;
  lane: 'interactive' | 'bulk';
  now: () => Date;
}): Promise<void> {
  const { db, broker, producer, consumer, lane, now } = options;
  for (;;) {
    const taken = await takeDeliveries(db, {
      lane,
      consumer,
      window: windows[lane],
      now: now(),
      resendAfterMs: broker.resendAfterMs,
    });
    if (taken.length === 0) return;
    try {
      await broker.queue(queueName(consumer, lane)).addBulk(
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
  }
}

/** Gathers receipts, so that many are noted by one transaction; one that is lost costs a resend. */
function collectReceipts(db: Kysely<OutboxTables>, consumer: string, log: Log, onNoted: () => void) {
  let waiting: string[] = [];
  const sweep = startSweep({
    what: `noting receipts of ${consumer}`,
    intervalMs: 1_000,
    log,
    sweep: async () => {
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
    },
  });
  return {
    add(eventId: string) {
      waiting.push(eventId);
      sweep.ring();
    },
    stop: () => sweep.stop(),
  };
}

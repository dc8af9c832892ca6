import type { Kysely } from 'kysely';
import type { Broker } from './broker.ts';
import { assertInStep, type ClockSkew, pauseWhileOutOfStep } from './clockSkew.ts';
import { gather } from './gather.ts';
import {
  type Applied,
  applyDelivery,
  applyTogether,
  type Delivery,
  type EventHandler,
  type InboxTables,
  resendDeadLetters,
} from './inbox.ts';
import type { Log } from './log.ts';
import { type Lane, lanes } from './outbox.ts';
import { queueName } from './relay.ts';
import { RightOfWay } from './rightOfWay.ts';
import { startSweep } from './sweep.ts';

/**
 * How many events are in hand. Bulk batches one after the other: two at once were no faster, and held rows locked
 * without a pause. Interactive ones as many as come: those of a kind that wait are applied together (see `gather`).
 */
const concurrency = { interactive: 100, bulk: 1 } as const;

/**
 * How long a bulk batch lets interactive events pass before it begins, in milliseconds: once it has begun, those that
 * want the same rows wait for all of it. With 250 single charges came no sooner than with 100.
 */
const giveWayMs = 100;

/** Works off the events that come for one consumer, in a worker per lane. */
export function startConsumer<Tables extends InboxTables>(options: {
  db: Kysely<Tables>;
  broker: Broker;
  consumer: string;
  handlers: readonly EventHandler<Tables>[];
  now: () => Date;
  skew: ClockSkew;
  log: Log;
}): { ring(): void; stop(): Promise<void> } {
  const { db, broker, consumer, now, skew, log } = options;
  const handlers = handlersByEvent(consumer, options.handlers);
  const alone = (handler: EventHandler<Tables>, delivery: Delivery) =>
    applyDelivery(db, consumer, handler, delivery, now);
  const gathered = new Map(
    options.handlers.map((handler) => {
      const apply = async (deliveries: readonly Delivery[]): Promise<PromiseSettledResult<Applied>[]> => {
        const [first] = deliveries;
        if (deliveries.length > 1 && first) {
          // Where they fail together, each tells for itself what is wrong with it.
          const done = await applyTogether(db, consumer, handler, deliveries, now).catch(() => false);
          if (done) return deliveries.map(() => ({ status: 'fulfilled', value: 'applied' }));
        }
        // At once: where the database is away, each would wait for it as long as the last one did.
        return Promise.allSettled(deliveries.map((each) => alone(handler, each)));
      };
      return [handler.event.name, gather(apply, concurrency.interactive)] as const;
    }),
  );
  const interactive = new RightOfWay();
  const work: Record<Lane, (handler: EventHandler<Tables>, delivery: Delivery) => Promise<Applied>> = {
    interactive: ({ event }, delivery) => interactive.take(() => gathered.get(event.name)!(delivery)),
    async bulk(handler, delivery) {
      await interactive.give(giveWayMs);
      return alone(handler, delivery);
    },
  };
  for (const lane of lanes) {
    const worker = broker.worker<Delivery, string>(
      queueName(consumer, lane),
      async ({ data }) => {
        assertInStep(skew);
        const handler = handlers.get(data.event);
        if (!handler)
          throw new Error(`${consumer} does not know ${data.event}: start a newer version of the workers`);
        const applied = await work[lane](handler, data);
        if (applied === 'applied in part') {
          log.error(
            `${consumer} refused facts of ${data.event} (event ${data.eventId}) for good: see its dead letters`,
          );
          letters.ring();
        }
        return applied;
      },
      { concurrency: concurrency[lane] },
    );
    pauseWhileOutOfStep(worker, skew);
    worker.on('failed', (job, error) => {
      log.warn(
        { err: error },
        `${consumer} could not apply ${job?.name} (event ${job?.data.eventId}): ${error.message}; it is tried again`,
      );
    });
  }
  const letters = startSweep({
    what: `resending ${consumer}'s dead letters`,
    intervalMs: 5_000,
    skew,
    log,
    sweep: () => resendDeadLetters(db, handlers, consumer, now),
  });
  return { ring: () => letters.ring(), stop: () => letters.stop() };
}

/** @throws where an event has two handlers: one would never be called. */
export function handlersByEvent<Tables>(
  consumer: string,
  handlers: readonly EventHandler<Tables>[],
): ReadonlyMap<string, EventHandler<Tables>> {
  const byEvent = new Map<string, EventHandler<Tables>>();
  for (const handler of handlers) {
    if (byEvent.has(handler.event.name))
      throw new Error(`${consumer} has two handlers for ${handler.event.name}`);
    byEvent.set(handler.event.name, handler);
  }
  return byEvent;
}

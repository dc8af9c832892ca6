import { type Lane, lanes } from '../database/outbox.ts';
import type { ServiceDatabase } from '../database/unitOfWork.ts';
import type { Clock } from '../process/clock.ts';
import { assertInStep, type ClockSkew, pauseWhileOutOfStep } from '../process/clockSkew.ts';
import { gather } from '../process/gather.ts';
import type { Log } from '../process/log.ts';
import { type Loop, startLoop } from '../process/loop.ts';
import { Unavailable } from '../process/refusal.ts';
import { RightOfWay } from '../process/rightOfWay.ts';
import { type Applied, applyDelivery, applyTogether } from './apply.ts';
import type { Broker } from './broker.ts';
import { EventKinds, refusalsUntilWait } from './eventKinds.ts';
import type { Delivery, EventHandler } from './handlers.ts';
import { holdEvent, tryHeldEvents } from './heldEvents.ts';
import type { InboxTables } from './inbox.ts';
import { queueName } from './relay.ts';
import { resendDeadLetters } from './resendDeadLetters.ts';

/**
 * How many events are taken at a time. Bulk: one, since two were not faster and kept rows locked all the time. Interactive:
 * many, since those of a kind that wait are applied together (see `gather`).
 */
const concurrency = { interactive: 100, bulk: 1 } as const;

/**
 * How long a bulk batch waits for interactive events before it begins, in milliseconds: once it has begun, events that need
 * the same rows wait for its end. 250 made single charges no faster than 100.
 */
const giveWayMs = 100;

/** How often the oldest held event of each kind is tried, in milliseconds. */
const tryHeldIntervalMs = 30_000;

type Outcome = Applied | 'held';

/** Applies the events for one consumer, with a worker per lane; its loops resend dead letters and try held events. */
export function startConsumer<Tables extends InboxTables>(options: {
  database: ServiceDatabase<Tables>;
  broker: Broker;
  consumer: string;
  handlers: readonly EventHandler<Tables>[];
  skew: ClockSkew;
  log: Log;
}): Loop {
  const { database, broker, consumer, skew, log } = options;
  // Checked when a transaction takes its moment: the job may have waited since it was taken.
  const clock: Clock = {
    now() {
      assertInStep(skew);
      return database.clock.now();
    },
  };
  const handlers = new Map(options.handlers.map((handler) => [handler.event.name, handler]));
  const kinds = new EventKinds();
  const alone = async (handler: EventHandler<Tables>, delivery: Delivery): Promise<Outcome> => {
    const { event } = delivery;
    if (kinds.waits(event)) {
      const outcome = await holdEvent(database, consumer, delivery, clock);
      kinds.holding(event);
      return outcome;
    }
    return applyDelivery(database, consumer, handler, delivery, clock, (outcome) => {
      if (!kinds.note(event, outcome)) return;
      log.error(
        `${consumer} waits with ${event}: its database refused ${refusalsUntilWait} of them in a row (${outcome.refusedBecause}); they are held and one is tried every ${tryHeldIntervalMs / 1000} s, so mend the database, or discard those that are wrong`,
      );
    });
  };
  const gathered = new Map(
    options.handlers.map((handler) => {
      const apply = async (deliveries: readonly Delivery[]): Promise<PromiseSettledResult<Outcome>[]> => {
        const { name } = handler.event;
        if (deliveries.length > 1 && !kinds.waits(name)) {
          // If they fail together, each is applied alone, to find the bad one.
          const done = await applyTogether(database, consumer, handler, deliveries, clock).catch(() => false);
          if (done) {
            kinds.note(name, { applied: deliveries.length, refusedBecause: undefined });
            return deliveries.map(() => ({ status: 'fulfilled', value: 'applied' }));
          }
        }
        // One by one, so that their kind begins to wait before all of them are refused.
        const results: PromiseSettledResult<Outcome>[] = [];
        for (const delivery of deliveries) {
          const [result] = await Promise.allSettled([alone(handler, delivery)]);
          results.push(result);
          if (result.status === 'rejected') break;
        }
        // After a failure the rest runs at once: if the database is away, each would wait as long as the first.
        const rest = deliveries.slice(results.length);
        return [...results, ...(await Promise.allSettled(rest.map((each) => alone(handler, each))))];
      };
      return [handler.event.name, gather(apply, concurrency.interactive)] as const;
    }),
  );
  const interactive = new RightOfWay();
  const work: Record<Lane, (handler: EventHandler<Tables>, delivery: Delivery) => Promise<Outcome>> = {
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
        const handler = handlers.get(data.event);
        if (!handler)
          throw new Error(`${consumer} does not know ${data.event}: start a newer version of the workers`);
        const applied = await work[lane](handler, data);
        if (applied === 'applied in part') {
          log.error(
            `${consumer} refused facts of ${data.event} (event ${data.eventId}) for good: see its dead letters`,
          );
          letters.wake();
        }
        return applied;
      },
      { concurrency: concurrency[lane] },
    );
    pauseWhileOutOfStep(worker, skew);
    worker.on('failed', (job, error) => {
      // The clock skew has been logged already.
      if (error instanceof Unavailable) return;
      log.warn(
        { err: error },
        `${consumer} could not apply ${job?.name} (event ${job?.data.eventId}): ${error.message}; it is tried again`,
      );
    });
  }
  const letters = startLoop({
    what: `resending ${consumer}'s dead letters`,
    intervalMs: 5_000,
    skew,
    log,
    run: () => resendDeadLetters(database, handlers, consumer, clock),
  });
  const held = startLoop({
    what: `trying ${consumer}'s held events`,
    intervalMs: tryHeldIntervalMs,
    skew,
    log,
    run: () => tryHeldEvents(database, { consumer, handlers, kinds, clock }),
  });
  return {
    wake() {
      letters.wake();
      held.wake();
    },
    async stop() {
      await Promise.all([letters.stop(), held.stop()]);
    },
  };
}

import type { Kysely } from 'kysely';
import type { Broker } from './broker.ts';
import {
  applyDelivery,
  type Delivery,
  type EventHandler,
  type InboxTables,
  resendDeadLetters,
} from './inbox.ts';
import type { Log } from './log.ts';
import { lanes } from './outbox.ts';
import { queueName } from './relay.ts';
import { startSweep } from './sweep.ts';

/**
 * Bulk batches one after the other: two at once were no faster, and held rows locked without a pause. Interactive
 * events many at once: each waits mostly, for the database and for bulk's locks, and with 4 at once they came in faster
 * than they went (npm run bench -- feel: 3.4 s until one was applied beside a hundred bulk batches; with 16, 0.14 s).
 */
const concurrency = { interactive: 16, bulk: 1 } as const;

/** Works off the events that come for one consumer, in a worker per lane. */
export function startConsumer<Tables extends InboxTables>(options: {
  db: Kysely<Tables>;
  broker: Broker;
  consumer: string;
  handlers: readonly EventHandler<Tables>[];
  now: () => Date;
  log: Log;
}): { ring(): void; stop(): Promise<void> } {
  const { db, broker, consumer, now, log } = options;
  const handlers = handlersByEvent(consumer, options.handlers);
  for (const lane of lanes) {
    const worker = broker.worker<Delivery, string>(
      queueName(consumer, lane),
      async ({ data }) => {
        const handler = handlers.get(data.event);
        if (!handler)
          throw new Error(`${consumer} does not know ${data.event}: start a newer version of the workers`);
        const applied = await applyDelivery(db, consumer, handler, data, now);
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

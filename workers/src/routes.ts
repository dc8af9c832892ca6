import type { EventHandler } from '@ates/kit/events/handlers';
import type { Consumer, Producer } from '@ates/schema/event';
import { allEvents } from '@ates/schema/events/all';

/** Returns the consumers of a producer's events. */
export const consumersOf = (producer: Producer): Consumer[] => [
  ...new Set(allEvents.filter((event) => event.producer === producer).flatMap((event) => event.consumers)),
];

/**
 * Checks that a consumer handles exactly the events that are sent to it. Without a handler, an event would wait in the
 * queue for ever; a superfluous handler would never be called.
 */
export function checkHandlers<Tables>(
  consumer: Consumer,
  handlers: readonly EventHandler<Tables>[],
): readonly EventHandler<Tables>[] {
  const wanted = allEvents.filter((event) => event.consumers.includes(consumer)).map((event) => event.name);
  const handled = handlers.map((handler) => handler.event.name);
  const missing = wanted.filter((name) => !handled.includes(name));
  const superfluous = handled.filter((name, at) => !wanted.includes(name) || handled.indexOf(name) !== at);
  if (missing.length > 0) throw new Error(`${consumer} has no handler for ${missing.join(', ')}`);
  if (superfluous.length > 0)
    throw new Error(`${consumer} has superfluous handlers for ${superfluous.join(', ')}`);
  return handlers;
}

import type { EventHandler } from '@ates/kit/events/handlers';
import type { Consumer, Producer } from '@ates/schema/event';
import { allEvents } from '@ates/schema/events/all';

/** Everybody who hears events of a producer. */
export const consumersOf = (producer: Producer): Consumer[] => [
  ...new Set(allEvents.filter((event) => event.producer === producer).flatMap((event) => event.consumers)),
];

/**
 * Refuses to start unless a consumer handles exactly the events that are sent to it: one that is missing would wait
 * in the queue for ever, one too many would never be called.
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
    throw new Error(`${consumer} has a handler too many for ${superfluous.join(', ')}`);
  return handlers;
}

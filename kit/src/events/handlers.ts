import type { Columns, EventDefinition } from '@ates/schema/event';
import type { Lane } from '../database/outbox.ts';
import type { UnitOfWork } from '../database/unitOfWork.ts';

/** What a handler is told beside the facts. */
export interface HandlerContext {
  /** The lane the event came by; what follows from it leaves by the same one. */
  readonly lane: Lane;
}

/** One consumer's reaction to one event: a few lines that call a use case with the facts. */
export interface EventHandler<Tables> {
  readonly event: EventDefinition;
  apply(work: UnitOfWork<Tables>, columns: never, context: HandlerContext): Promise<void>;
}

/** Ties an event to the use case that it causes, with the facts' types. */
export function onEvent<Tables, Definition extends EventDefinition>(
  event: Definition,
  apply: (work: UnitOfWork<Tables>, columns: Columns<Definition>, context: HandlerContext) => Promise<void>,
): EventHandler<Tables> {
  return { event, apply: apply as EventHandler<Tables>['apply'] };
}

/** An event as it travels through the queue. */
export interface Delivery {
  readonly eventId: string;
  readonly event: string;
  readonly lane: Lane;
  /** The facts' columns, as `encodeColumns` writes them. */
  readonly payload: string;
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

import type { Columns, EventDefinition } from '@ates/schema/event';
import type { Lane } from '../database/outbox.ts';
import type { UnitOfWork } from '../database/unitOfWork.ts';

/** What a handler gets beside the facts. */
export interface HandlerContext {
  /** The lane of the event; events that follow from it use the same one. */
  readonly lane: Lane;
}

/** What a consumer does with one kind of event. */
export interface EventHandler<Tables> {
  readonly event: EventDefinition;
  apply(work: UnitOfWork<Tables>, columns: never, context: HandlerContext): Promise<void>;
}

/** Declares the use case that an event causes. */
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

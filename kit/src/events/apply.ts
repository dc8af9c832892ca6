import { decodeColumns, maxFactsPerEvent, toColumns, toFacts } from '@ates/schema/event';
import { sql } from 'kysely';
import type { ServiceDatabase, UnitOfWork } from '../database/unitOfWork.ts';
import type { Clock } from '../process/clock.ts';
import { keepDeadLetter } from './deadLetters.ts';
import type { Delivery, EventHandler, HandlerContext } from './handlers.ts';
import { type InboxTables, recordInInbox } from './inbox.ts';
import { databaseReason, isPoison } from './poison.ts';

/** What became of a delivery. */
export type Applied = 'applied' | 'had it already' | 'applied in part';

/** What became of an event's facts that were applied one by one. */
export interface FactsOutcome {
  readonly applied: number;
  /** Why the database refused all of them, where it refused all and for one reason. */
  readonly refusedBecause: string | undefined;
}

/**
 * Applies a delivered event in one transaction whose first statement records its id, so that it counts once however
 * often it comes. Where a fact is poison, the event is applied fact by fact: only the bad facts become dead letters,
 * in the same transaction as the inbox row. Everything else that fails is thrown, and is to be tried again.
 * @param onOutcome called once it has been applied, in whole or fact by fact
 */
export async function applyDelivery<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  consumer: string,
  handler: EventHandler<Tables>,
  delivery: Delivery,
  clock: Clock = database.clock,
  onOutcome: (outcome: FactsOutcome) => void = () => undefined,
): Promise<Applied> {
  const context = { lane: delivery.lane };
  const columns = checkedColumns(handler, delivery.payload);
  if (columns) {
    try {
      const applied = await database.transact(async (work) => {
        if (!(await recordInInbox(work, consumer, delivery.eventId))) return 'had it already';
        await handler.apply(work, columns as never, context);
        return 'applied';
      }, clock);
      if (applied === 'applied') onOutcome({ applied: 1, refusedBecause: undefined });
      return applied;
    } catch (error) {
      if (!isPoison(error)) throw error;
    }
  }
  const outcome = await database.transact(async (work) => {
    if (!(await recordInInbox(work, consumer, delivery.eventId))) return undefined;
    return applyFacts(work, consumer, handler, delivery);
  }, clock);
  if (!outcome) return 'had it already';
  onOutcome(outcome);
  return 'applied in part';
}

/** An event's columns, where they are what its schema says. */
export function checkedColumns<Tables>(handler: EventHandler<Tables>, payload: string): unknown {
  const checked = handler.event.columns.safeParse(parsed(payload));
  return checked.success ? checked.data : undefined;
}

/**
 * Applies deliveries of one event in one transaction, as if their facts had come in one: an inbox row for each, and the
 * handler once. False, and nothing has changed, where they can't be taken together: one of them does not match its
 * schema, or there are more facts than an event may have.
 * @throws what the handler throws, poison too; nothing has changed then.
 */
export async function applyTogether<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  consumer: string,
  handler: EventHandler<Tables>,
  deliveries: readonly Delivery[],
  clock: Clock = database.clock,
): Promise<boolean> {
  const given = new Map<string, Readonly<Record<string, readonly unknown[]>>>();
  for (const { eventId, payload } of deliveries) {
    const checked = handler.event.columns.safeParse(parsed(payload));
    if (!checked.success) return false;
    given.set(eventId, checked.data as Readonly<Record<string, readonly unknown[]>>);
  }
  const fields = Object.keys(handler.event.fact.shape);
  const columnsOf = (eventIds: readonly string[]) =>
    Object.fromEntries(
      fields.map((field) => [field, eventIds.flatMap((id) => given.get(id)?.[field] ?? [])]),
    );
  // In order, so that two transactions with the same events never wait for each other in a circle.
  const eventIds = [...given.keys()].sort();
  if ((columnsOf(eventIds)[fields[0] as string]?.length ?? 0) > maxFactsPerEvent) return false;
  const context = { lane: (deliveries[0] as Delivery).lane };
  await database.transact(async (work) => {
    const { rows } = await sql<{ id: string }>`
      insert into inbox (consumer, event_id, applied_at)
      select ${consumer}, id, ${work.now} from unnest(${eventIds}::uuid[]) as given (id)
      on conflict do nothing returning event_id as id`.execute(work.trx);
    if (rows.length > 0) await handler.apply(work, columnsOf(rows.map(({ id }) => id)) as never, context);
  }, clock);
  return true;
}

/** A payload's columns, whatever they are; undefined where it is no JSON. */
function parsed(payload: string): unknown {
  try {
    return decodeColumns(payload);
  } catch {
    return undefined;
  }
}

/** The facts of columns that are equally long; else the whole payload, since nobody knows which values belong together. */
function factsOf(columns: unknown): unknown[] {
  if (typeof columns !== 'object' || columns === null) return [columns];
  const lists = Object.values(columns);
  const isTable =
    lists.length > 0 && lists.every((list) => Array.isArray(list) && list.length === lists[0].length);
  const facts = isTable ? toFacts(columns as Record<string, unknown[]>) : [];
  return facts.length > 0 ? facts : [columns];
}

/** Applies an event's facts one by one; those that are refused for good become dead letters. */
export async function applyFacts<Tables extends InboxTables>(
  work: UnitOfWork<Tables>,
  consumer: string,
  handler: EventHandler<Tables>,
  { event, lane, payload }: Pick<Delivery, 'event' | 'lane' | 'payload'>,
): Promise<FactsOutcome> {
  const columns = parsed(payload);
  const facts = columns === undefined ? [payload] : factsOf(columns);
  const reasons = new Set<string | undefined>();
  let applied = 0;
  for (const fact of facts) {
    const refused = await applyFact(work, handler, fact, { lane });
    if (!refused) {
      applied++;
      continue;
    }
    reasons.add(databaseReason(refused));
    await keepDeadLetter(work, consumer, { event, lane }, fact, refused);
  }
  return { applied, refusedBecause: applied === 0 && reasons.size === 1 ? [...reasons][0] : undefined };
}

/** Applies one fact under a savepoint; returns why it was refused for good. */
export async function applyFact<Tables extends InboxTables>(
  work: UnitOfWork<Tables>,
  handler: EventHandler<Tables>,
  fact: unknown,
  context: HandlerContext,
): Promise<Error | undefined> {
  const checked = handler.event.fact.safeParse(fact);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    return new Error(
      `does not match the schema of ${handler.event.name}: ${issue?.path.join('.')} ${issue?.message}`,
    );
  }
  const columns = toColumns(handler.event, [checked.data as never]) as never;
  try {
    await work.savepoint(() => handler.apply(work, columns, context));
    return undefined;
  } catch (error) {
    if (!isPoison(error)) throw error;
    return error as Error;
  }
}

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

/** The result of an event that was applied fact by fact. */
export interface FactsOutcome {
  readonly applied: number;
  /** The reason, where the database refused all facts for the same one. */
  readonly refusedBecause: string | undefined;
}

/**
 * Applies a delivered event in one transaction. Its first statement inserts the event's inbox row, so that the event counts
 * once however often it is delivered. Where a fact is poison, the event is applied fact by fact: only the bad facts become
 * dead letters, in the same transaction as the inbox row.
 * @param onOutcome called when it has been applied
 * @throws every error that is not poison: the delivery has to be tried again.
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

/** Returns an event's columns; undefined where they do not match its schema. */
export function checkedColumns<Tables>(handler: EventHandler<Tables>, payload: string): unknown {
  const checked = handler.event.columns.safeParse(parsed(payload));
  return checked.success ? checked.data : undefined;
}

/**
 * Applies deliveries of one kind of event together: one transaction, an inbox row for each, one call of the handler. Returns
 * false, and changes nothing, where one of them does not match its schema or they have too many facts for one event.
 * @throws what the handler throws, also poison; nothing has changed then.
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
    const columns = checkedColumns(handler, payload);
    if (!columns) return false;
    given.set(eventId, columns as Readonly<Record<string, readonly unknown[]>>);
  }
  const fields = Object.keys(handler.event.fact.shape);
  const columnsOf = (eventIds: readonly string[]) =>
    Object.fromEntries(
      fields.map((field) => [field, eventIds.flatMap((id) => given.get(id)?.[field] ?? [])]),
    );
  // Sorted, so that two transactions with the same events cannot deadlock.
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

/** Returns a payload's columns, unchecked; undefined where it is no JSON. */
function parsed(payload: string): unknown {
  try {
    return decodeColumns(payload);
  } catch {
    return undefined;
  }
}

/** Returns the facts of columns; the whole payload as one where the columns differ in length. */
function factsOf(columns: unknown): unknown[] {
  if (typeof columns !== 'object' || columns === null) return [columns];
  const lists = Object.values(columns);
  const isTable =
    lists.length > 0 && lists.every((list) => Array.isArray(list) && list.length === lists[0].length);
  const facts = isTable ? toFacts(columns as Record<string, unknown[]>) : [];
  return facts.length > 0 ? facts : [columns];
}

/** Applies an event fact by fact; poison becomes dead letters. */
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

/** Applies one fact under a savepoint; returns the error where it is poison. */
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

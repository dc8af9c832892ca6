import { type Kysely, sql } from 'kysely';
import type { ServiceDatabase, UnitOfWork } from '../database/unitOfWork.ts';
import type { Clock } from '../process/clock.ts';
import { isId, newId } from '../process/ids.ts';
import { Refusal } from '../process/refusal.ts';
import { applyFacts, checkedColumns, type FactsOutcome } from './apply.ts';
import type { Discarder } from './deadLetters.ts';
import type { EventKinds } from './eventKinds.ts';
import type { Delivery, EventHandler } from './handlers.ts';
import { type InboxTables, inboxOf, recordInInbox } from './inbox.ts';
import { isPoison } from './poison.ts';

/** Creates the held events' table, in a service's own migration. */
export const heldEventsSql = new URL('./heldEvents.sql', import.meta.url);

/**
 * Stores an event of a kind that waits, in one transaction with its inbox row: the producer does not send it again, and it
 * is applied when the kind flows again.
 */
export async function holdEvent<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  consumer: string,
  delivery: Delivery,
  clock: Clock = database.clock,
): Promise<'held' | 'had it already'> {
  return database.transact(async (work) => {
    if (!(await recordInInbox(work, consumer, delivery.eventId))) return 'had it already';
    const { eventId, event, lane, payload } = delivery;
    await sql`insert into held_event (id, consumer, event_id, event, lane, payload, held_at)
      values (${newId()}, ${consumer}, ${eventId}, ${event}, ${lane}, ${payload}, ${work.now})`.execute(
      work.trx,
    );
    return 'held';
  }, clock);
}

/**
 * Tries the oldest held event of each kind that waits. If it is applied, the kind flows again and the others follow, the
 * oldest first. If it is refused again, it stays, and so do those behind it.
 * @throws every error that is not poison: trying again may help.
 */
export async function tryHeldEvents<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  options: {
    consumer: string;
    handlers: ReadonlyMap<string, EventHandler<Tables>>;
    kinds: EventKinds;
    clock?: Clock;
  },
): Promise<void> {
  const { consumer, handlers, kinds } = options;
  const { rows } = await sql<{ event: string }>`
    select distinct event from held_event where consumer = ${consumer}`.execute(database.db);
  kinds.holds(new Set(rows.map(({ event }) => event)));
  for (const { event } of rows) {
    const handler = handlers.get(event);
    while (handler && (await applyOldest(database, handler, options)));
  }
}

/** Applies the oldest held event of a kind. False where none is left or it was refused again. */
async function applyOldest<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  handler: EventHandler<Tables>,
  { consumer, kinds, clock }: { consumer: string; kinds: EventKinds; clock?: Clock },
): Promise<boolean> {
  const { db } = database;
  const event = handler.event.name;
  const next = await sql<{ id: string; lane: Delivery['lane']; payload: string }>`
    select id, lane, payload from held_event where consumer = ${consumer} and event = ${event}
    order by id limit 1`.execute(db);
  const held = next.rows[0];
  if (!held) return false;
  /** Deletes the row and applies its event; undefined where another process has done so. */
  const take = (apply: (work: UnitOfWork<Tables>) => Promise<FactsOutcome>) =>
    database.transact(async (work) => {
      const { numAffectedRows } = await sql`delete from held_event where id = ${held.id}`.execute(work.trx);
      return numAffectedRows === 1n ? apply(work) : undefined;
    }, clock);
  const columns = checkedColumns(handler, held.payload);
  let outcome: FactsOutcome | undefined;
  try {
    outcome = await take(async (work) => {
      if (!columns) return applyFacts(work, consumer, handler, { event, ...held });
      await handler.apply(work, columns as never, { lane: held.lane });
      return { applied: 1, refusedBecause: undefined };
    });
  } catch (error) {
    if (!isPoison(error)) throw error;
    outcome = await factByFact();
    if (!outcome) return false;
  }
  if (outcome) kinds.note(event, outcome);
  return true;

  /** Applies fact by fact. Undefined, and the event stays held, where the database refuses all facts and the kind waits. */
  async function factByFact(): Promise<FactsOutcome | undefined> {
    try {
      return await take(async (work) => {
        const found = await applyFacts(work, consumer, handler, { event, ...held! });
        if (found.refusedBecause !== undefined && kinds.waits(event))
          throw new StillRefused(found.refusedBecause);
        return found;
      });
    } catch (error) {
      if (!(error instanceof StillRefused)) throw error;
      await sql`update held_event set attempts = attempts + 1, error = ${error.message} where id = ${held!.id}`.execute(
        db,
      );
      return undefined;
    }
  }
}

/** Rolls back the transaction in which a held event was tried. */
class StillRefused extends Error {}

/** A held event as admins see it. */
export interface HeldEvent {
  readonly id: string;
  readonly event: string;
  readonly consumer: string;
  readonly heldAt: Date;
  readonly attempts: number;
  readonly error: string | null;
}

/** Lists a database's held events, the oldest first: this is the order in which they are tried. */
export async function listHeldEvents<Tables extends InboxTables>(
  db: Kysely<Tables>,
  first: number,
): Promise<HeldEvent[]> {
  return inboxOf(db)
    .selectFrom('held_event')
    .select(['id', 'event', 'consumer', 'held_at as heldAt', 'attempts'])
    .select(sql<string | null>`left(error, 500)`.as('error'))
    .orderBy('id')
    .limit(first)
    .execute();
}

/**
 * Deletes a held event: its facts are never applied. The next one of its kind is tried at once. The log records the user and
 * the facts.
 * @throws Refusal BAD_USER_INPUT; NOT_FOUND where there is no such event.
 */
export async function discardHeldEvent<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  id: string,
  { caller, log }: Discarder,
): Promise<true> {
  if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a held event's id.`);
  const deleted = await inboxOf(database.db)
    .deleteFrom('held_event')
    .where('id', '=', id)
    .returning(['event', 'consumer', 'payload'])
    .executeTakeFirst();
  if (!deleted)
    throw new Refusal('NOT_FOUND', `There is no held event ${id}; it may have been applied or discarded.`);
  log.info(deleted, `user ${caller?.userId} discarded held event ${id} (${deleted.event})`);
  database.wake('dead_letters');
  return true;
}

import {
  decodeColumns,
  type EventDefinition,
  maxFactsPerEvent,
  toColumns,
  toFacts,
} from '@ates/schema/event';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { isId, newId } from './clock.ts';
import { ringAfterCommit, sqlState, transact } from './database.ts';
import { EventSchemaError, type Lane } from './outbox.ts';
import { Refusal } from './refusal.ts';

/** The tables of the inbox, part of every consuming service's database. */
export interface InboxTables {
  inbox: { consumer: string; event_id: string; applied_at: Date };
  dead_letter: {
    id: string;
    consumer: string;
    event: string;
    lane: Lane;
    /** The fact as JSON. */
    fact: string;
    error: string;
    attempts: number;
    failed_at: Date;
    /** When an admin asked for it to be applied again; null while nobody has. */
    resend_requested_at: Date | null;
  };
}

/** Creates the inbox and the dead letters; called by a service's own migration. */
export async function createInbox(db: Kysely<never>): Promise<void> {
  await sql`create table inbox (
    consumer text not null,
    event_id uuid not null,
    applied_at timestamptz not null,
    primary key (consumer, event_id)
  )`.execute(db);
  await sql`create index inbox_applied_at on inbox using brin (applied_at)`.execute(db);
  await sql`create table dead_letter (
    id uuid primary key,
    consumer text not null,
    event text not null,
    lane text not null,
    fact text not null,
    error text not null,
    attempts integer not null,
    failed_at timestamptz not null,
    resend_requested_at timestamptz
  )`.execute(db);
}

/** What a handler is told beside the facts. */
export interface HandlerContext {
  readonly now: Date;
  /** The lane the event came by; what follows from it leaves by the same one. */
  readonly lane: Lane;
}

/** One consumer's reaction to one event: a few lines that call a use case with the facts. */
export interface EventHandler<Tables> {
  readonly event: EventDefinition;
  apply(trx: Transaction<Tables>, columns: never, context: HandlerContext): Promise<void>;
}

/** Ties an event to the use case that it causes, with the facts' types. */
export function onEvent<Tables, Definition extends EventDefinition>(
  event: Definition,
  apply: (
    trx: Transaction<Tables>,
    columns: import('@ates/schema/event').Columns<Definition>,
    context: HandlerContext,
  ) => Promise<void>,
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

/** What became of a delivery. */
export type Applied = 'applied' | 'had it already' | 'applied in part';

/**
 * Applies a delivered event in one transaction whose first statement records its id, so that it counts once however
 * often it comes. Where a fact is poison, the event is applied fact by fact: only the bad facts become dead letters,
 * in the same transaction as the inbox row. Everything else that fails is thrown, and is to be tried again.
 */
export async function applyDelivery<Tables extends InboxTables>(
  db: Kysely<Tables>,
  consumer: string,
  handler: EventHandler<Tables>,
  delivery: Delivery,
  now: () => Date,
): Promise<Applied> {
  const context = { now: now(), lane: delivery.lane };
  const columns = parsed(delivery.payload);
  if (columns === undefined)
    return applyFactByFact(db, consumer, handler, delivery, [delivery.payload], context);
  const checked = handler.event.columns.safeParse(columns);
  if (checked.success) {
    try {
      return await transact(db, async (trx) => {
        if (!(await recordInInbox(trx, consumer, delivery.eventId, context.now))) return 'had it already';
        await handler.apply(trx, checked.data as never, context);
        return 'applied';
      });
    } catch (error) {
      if (!isPoison(error)) throw error;
    }
  }
  return applyFactByFact(db, consumer, handler, delivery, factsOf(columns), context);
}

/**
 * Applies deliveries of one event in one transaction, as if their facts had come in one: an inbox row for each, and the
 * handler once. False, and nothing has changed, where they can't be taken together: one of them does not match its
 * schema, or there are more facts than an event may have.
 * @throws what the handler throws, poison too; nothing has changed then.
 */
export async function applyTogether<Tables extends InboxTables>(
  db: Kysely<Tables>,
  consumer: string,
  handler: EventHandler<Tables>,
  deliveries: readonly Delivery[],
  now: () => Date,
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
  const context = { now: now(), lane: (deliveries[0] as Delivery).lane };
  await transact(db, async (trx) => {
    const { rows } = await sql<{ id: string }>`
      insert into inbox (consumer, event_id, applied_at)
      select ${consumer}, id, ${context.now} from unnest(${eventIds}::uuid[]) as given (id)
      on conflict do nothing returning event_id as id`.execute(trx);
    if (rows.length > 0) await handler.apply(trx, columnsOf(rows.map(({ id }) => id)) as never, context);
  });
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

async function applyFactByFact<Tables extends InboxTables>(
  db: Kysely<Tables>,
  consumer: string,
  handler: EventHandler<Tables>,
  delivery: Delivery,
  facts: unknown[],
  context: HandlerContext,
): Promise<Applied> {
  return transact(db, async (trx) => {
    if (!(await recordInInbox(trx, consumer, delivery.eventId, context.now))) return 'had it already';
    for (const fact of facts) {
      const refused = await applyFact(trx, handler, fact, context);
      if (refused) {
        await (trx as unknown as Transaction<InboxTables>)
          .insertInto('dead_letter')
          .values({
            id: newId(),
            consumer,
            event: delivery.event,
            lane: delivery.lane,
            fact: JSON.stringify(fact),
            error: refused.message,
            attempts: 1,
            failed_at: context.now,
            resend_requested_at: null,
          })
          .execute();
      }
    }
    return 'applied in part';
  });
}

/** Applies one fact under a savepoint; hands back why it was refused for good. */
async function applyFact<Tables extends InboxTables>(
  trx: Transaction<Tables>,
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
  await sql`savepoint fact`.execute(trx);
  try {
    await handler.apply(trx, toColumns(handler.event, [checked.data as never]) as never, context);
    await sql`release savepoint fact`.execute(trx);
    return undefined;
  } catch (error) {
    if (!isPoison(error)) throw error;
    await sql`rollback to savepoint fact`.execute(trx);
    return error as Error;
  }
}

/**
 * Whether an error would repeat for ever: a rule or an event's schema refused, or the database found the data wrong
 * (SQLSTATE classes 22 and 23). Lost connections, time-outs, deadlocks, shutdowns and surprises are not: they are
 * tried again without end.
 */
export function isPoison(error: unknown): boolean {
  if (error instanceof Refusal || error instanceof EventSchemaError) return true;
  const state = sqlState(error);
  return state !== undefined && (state.startsWith('22') || state.startsWith('23'));
}

/** False where the event had been applied before. Waits while another transaction is just applying it. */
async function recordInInbox<Tables extends InboxTables>(
  trx: Transaction<Tables>,
  consumer: string,
  eventId: string,
  now: Date,
): Promise<boolean> {
  const { rows } = await sql`
    insert into inbox (consumer, event_id, applied_at) values (${consumer}, ${eventId}, ${now})
    on conflict do nothing returning 1`.execute(trx);
  return rows.length > 0;
}

/** A database as this file sees it: whatever else it holds is somebody else's. */
const inboxOf = <Tables extends InboxTables>(db: Kysely<Tables>) => db as unknown as Kysely<InboxTables>;

/** How long an inbox row is kept, in days: far longer than a delivery can be under way. */
export const inboxRetentionDays = 90;

/** Forgets events that were applied so long ago that they cannot be sent again. */
export async function purgeInbox<Tables extends InboxTables>(db: Kysely<Tables>, now: Date): Promise<void> {
  const before = new Date(now.getTime() - inboxRetentionDays * 86_400_000);
  await inboxOf(db).deleteFrom('inbox').where('applied_at', '<', before).execute();
}

/** A dead letter as admins see it. */
export interface DeadLetter {
  readonly id: string;
  readonly event: string;
  readonly consumer: string;
  readonly error: string;
  readonly attempts: number;
  readonly failedAt: Date;
  readonly fact: string;
}

/** The newest dead letters of a database. */
export async function listDeadLetters<Tables extends InboxTables>(
  db: Kysely<Tables>,
  first: number,
): Promise<DeadLetter[]> {
  return inboxOf(db)
    .selectFrom('dead_letter')
    .select(['id', 'event', 'consumer', 'error', 'attempts', 'failed_at as failedAt', 'fact'])
    .orderBy('failed_at', 'desc')
    .orderBy('id', 'desc')
    .limit(first)
    .execute();
}

/**
 * Asks for a dead letter to be applied again; the worker hears of it after the commit.
 * @throws Refusal BAD_USER_INPUT; NOT_FOUND where there is no such letter.
 */
export async function requestResend<Tables extends InboxTables>(
  db: Kysely<Tables>,
  id: string,
  now: Date,
): Promise<true> {
  if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a dead letter's id.`);
  await transact(inboxOf(db), async (trx) => {
    const result = await trx
      .updateTable('dead_letter')
      .set({ resend_requested_at: now })
      .where('id', '=', id)
      .executeTakeFirst();
    if (result.numUpdatedRows === 0n)
      throw new Refusal('NOT_FOUND', `There is no dead letter ${id}; it may have been applied meanwhile.`);
    ringAfterCommit(trx, 'dead_letters');
  });
  return true;
}

/**
 * Applies the dead letters that an admin asked for, in the order in which that was asked; a letter is gone where it
 * succeeds and has a new reason where it is refused again. One that meets a surprise is put off behind the others,
 * which go on; it stays asked for, and the next call tries it again.
 * @throws the first of the surprises, once every letter was tried.
 */
export async function resendDeadLetters<Tables extends InboxTables>(
  db: Kysely<Tables>,
  handlers: ReadonlyMap<string, EventHandler<Tables>>,
  consumer: string,
  now: () => Date,
): Promise<void> {
  const putOff: string[] = [];
  let first: unknown;
  for (;;) {
    const taken: { letter?: DeadLetterRow } = {};
    try {
      if (!(await resendNext(db, { handlers, consumer, now, except: putOff, taken }))) break;
    } catch (error) {
      // Without a letter it is the database that fails, and would fail for the next one, too.
      if (!taken.letter) throw error;
      const { id, event } = taken.letter;
      first ??= new Error(`dead letter ${id} (${event}): ${(error as Error).message}`, { cause: error });
      putOff.push(id);
      await putBehindOthers(db, id, now());
    }
  }
  if (first) throw first;
}

type DeadLetterRow = Pick<
  Selectable<InboxTables['dead_letter']>,
  'id' | 'event' | 'lane' | 'fact' | 'attempts'
>;

/** Applies the next letter but for those that were put off. False: none is waiting. */
async function resendNext<Tables extends InboxTables>(
  db: Kysely<Tables>,
  options: {
    handlers: ReadonlyMap<string, EventHandler<Tables>>;
    consumer: string;
    now: () => Date;
    except: readonly string[];
    /** Gets the letter as soon as it is known, for whoever hears of a failure only. */
    taken: { letter?: DeadLetterRow };
  },
): Promise<boolean> {
  const { handlers, consumer, now } = options;
  return transact(db, async (transaction) => {
    const trx = transaction as unknown as Transaction<InboxTables>;
    const letter = await trx
      .selectFrom('dead_letter')
      .select(['id', 'event', 'lane', 'fact', 'attempts'])
      .where('consumer', '=', consumer)
      .where('resend_requested_at', 'is not', null)
      .where('id', '<>', sql<string>`all(${options.except}::uuid[])`)
      .orderBy('resend_requested_at')
      .orderBy('id')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (!letter) return false;
    options.taken.letter = letter;
    const handler = handlers.get(letter.event);
    const refused = handler
      ? await applyFact(transaction, handler, JSON.parse(letter.fact), { now: now(), lane: letter.lane })
      : new Error(`nothing handles ${letter.event} any more`);
    if (refused) {
      await trx
        .updateTable('dead_letter')
        .set({
          error: refused.message,
          attempts: letter.attempts + 1,
          failed_at: now(),
          resend_requested_at: null,
        })
        .where('id', '=', letter.id)
        .execute();
    } else {
      await trx.deleteFrom('dead_letter').where('id', '=', letter.id).execute();
    }
    return true;
  });
}

/** Leaves a letter alone that is no longer asked for: another worker may have got to it meanwhile. */
async function putBehindOthers<Tables extends InboxTables>(
  db: Kysely<Tables>,
  id: string,
  now: Date,
): Promise<void> {
  await inboxOf(db)
    .updateTable('dead_letter')
    .set({ resend_requested_at: now })
    .where('id', '=', id)
    .where('resend_requested_at', 'is not', null)
    .execute();
}

import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Caller } from './caller.ts';
import { type Clock, isId } from './clock.ts';
import { applyFact, type EventHandler, type InboxTables } from './inbox.ts';
import type { Log } from './log.ts';
import { Refusal } from './refusal.ts';
import type { ServiceDatabase } from './unitOfWork.ts';

// Facts that a consumer refused for good, until an admin has them applied again or discards them.

/** A database as this file sees it: whatever else it holds is somebody else's. */
const inboxOf = <Tables extends InboxTables>(db: Kysely<Tables>) => db as unknown as Kysely<InboxTables>;

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

/** A text that may be of any length, cut off so that a list of them stays a list. */
const shortened = <Column extends 'error' | 'fact'>(column: Column, length: number) =>
  sql<string>`case when length(${sql.ref(column)}) > ${length} then left(${sql.ref(column)}, ${length - 1}) || '…'
    else ${sql.ref(column)} end`.as(column);

/**
 * Dead letters of a database, the newest first.
 * @param options.after the id of the last one of the page before; it need not be there any more
 * @param options.event only those of this kind, by name and version
 * @throws Refusal BAD_USER_INPUT
 */
export async function listDeadLetters<Tables extends InboxTables>(
  db: Kysely<Tables>,
  first: number,
  { after, event }: { after?: string | null | undefined; event?: string | null | undefined } = {},
): Promise<DeadLetter[]> {
  let query = inboxOf(db)
    .selectFrom('dead_letter')
    .select(['id', 'event', 'consumer', 'attempts', 'failed_at as failedAt'])
    .select([shortened('error', 500), shortened('fact', 2_000)])
    // Ids are made in the order of time.
    .orderBy('id', 'desc')
    .limit(first);
  if (after) query = query.where('id', '<', checkLetterId(after));
  if (event) query = query.where('event', '=', event);
  return query.execute();
}

/**
 * Asks for a dead letter to be applied again; the worker hears of it after the commit.
 * @throws Refusal BAD_USER_INPUT; NOT_FOUND where there is no such letter.
 */
export async function requestResend<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  id: string,
): Promise<true> {
  checkLetterId(id);
  await database.transact(async (work) => {
    const { numUpdatedRows } = await inboxOf(work.trx)
      .updateTable('dead_letter')
      .set({ resend_requested_at: work.now })
      .where('id', '=', id)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw noSuchLetter(id);
    work.wake('dead_letters');
  });
  return true;
}

/** Asks for all dead letters of a kind to be applied again; returns how many there are. */
export async function requestResendOfAll<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  event: string,
): Promise<number> {
  return database.transact(async (work) => {
    const { numUpdatedRows } = await inboxOf(work.trx)
      .updateTable('dead_letter')
      .set({ resend_requested_at: work.now })
      .where('event', '=', event)
      .executeTakeFirst();
    work.wake('dead_letters');
    return Number(numUpdatedRows);
  });
}

/** Who discards something, and the log that keeps it on record. */
export interface Discarder {
  readonly caller: Caller | null;
  readonly log: Log;
}

/**
 * Deletes a dead letter: its fact is never applied. The log keeps who did it, and the fact.
 * @throws Refusal BAD_USER_INPUT; NOT_FOUND where there is no such letter.
 */
export async function discardDeadLetter<Tables extends InboxTables>(
  db: Kysely<Tables>,
  id: string,
  { caller, log }: Discarder,
): Promise<true> {
  const deleted = await inboxOf(db)
    .deleteFrom('dead_letter')
    .where('id', '=', checkLetterId(id))
    .returning(['event', 'consumer', 'fact'])
    .executeTakeFirst();
  if (!deleted) throw noSuchLetter(id);
  log.info(deleted, `user ${caller?.userId} discarded dead letter ${id} (${deleted.event})`);
  return true;
}

/** Deletes all dead letters of a kind; returns how many there were. The log keeps who did it. */
export async function discardDeadLetters<Tables extends InboxTables>(
  db: Kysely<Tables>,
  event: string,
  { caller, log }: Discarder,
): Promise<number> {
  const { numDeletedRows } = await inboxOf(db)
    .deleteFrom('dead_letter')
    .where('event', '=', event)
    .executeTakeFirst();
  log.info(`user ${caller?.userId} discarded all dead letters of ${event}: ${numDeletedRows}`);
  return Number(numDeletedRows);
}

/** @throws Refusal BAD_USER_INPUT */
function checkLetterId(id: string): string {
  if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a dead letter's id.`);
  return id;
}

const noSuchLetter = (id: string) =>
  new Refusal('NOT_FOUND', `There is no dead letter ${id}; it may have been applied or discarded.`);

/**
 * Applies the dead letters that an admin asked for, in the order in which that was asked; a letter is gone where it
 * succeeds and has a new reason where it is refused again. One that meets a surprise is put off behind the others,
 * which go on; it stays asked for, and the next call tries it again.
 * @throws the first of the surprises, once every letter was tried.
 */
export async function resendDeadLetters<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  handlers: ReadonlyMap<string, EventHandler<Tables>>,
  consumer: string,
  clock: Clock = database.clock,
): Promise<void> {
  const putOff: string[] = [];
  let first: unknown;
  for (;;) {
    const taken: { letter?: DeadLetterRow } = {};
    try {
      if (!(await resendNext(database, { handlers, consumer, clock, except: putOff, taken }))) break;
    } catch (error) {
      // Without a letter it is the database that fails, and would fail for the next one, too.
      if (!taken.letter) throw error;
      const { id, event } = taken.letter;
      first ??= new Error(`dead letter ${id} (${event}): ${(error as Error).message}`, { cause: error });
      putOff.push(id);
      await putBehindOthers(database.db, id, clock.now());
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
  database: ServiceDatabase<Tables>,
  options: {
    handlers: ReadonlyMap<string, EventHandler<Tables>>;
    consumer: string;
    clock: Clock;
    except: readonly string[];
    /** Gets the letter as soon as it is known, for the log of a failure only. */
    taken: { letter?: DeadLetterRow };
  },
): Promise<boolean> {
  const { handlers, consumer, clock } = options;
  return database.transact(async (work) => {
    const trx = work.trx as unknown as Transaction<InboxTables>;
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
      ? await applyFact(work, handler, JSON.parse(letter.fact), { lane: letter.lane })
      : new Error(`nothing handles ${letter.event} any more`);
    if (refused) {
      await trx
        .updateTable('dead_letter')
        .set({
          error: refused.message,
          attempts: letter.attempts + 1,
          failed_at: work.now,
          resend_requested_at: null,
        })
        .where('id', '=', letter.id)
        .execute();
    } else {
      await trx.deleteFrom('dead_letter').where('id', '=', letter.id).execute();
    }
    return true;
  }, clock);
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

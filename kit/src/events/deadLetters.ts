import { type Kysely, sql } from 'kysely';
import type { ServiceDatabase, UnitOfWork } from '../database/unitOfWork.ts';
import { isId, newId } from '../process/ids.ts';
import type { Log } from '../process/log.ts';
import { Refusal } from '../process/refusal.ts';
import type { Delivery } from './handlers.ts';
import { type InboxTables, inboxOf } from './inbox.ts';

// Facts that a consumer refused for good, until an admin resends or discards them.

/** Stores a fact that a consumer refused for good, in the transaction of its event. */
export async function keepDeadLetter<Tables extends InboxTables>(
  work: UnitOfWork<Tables>,
  consumer: string,
  { event, lane }: Pick<Delivery, 'event' | 'lane'>,
  fact: unknown,
  error: Error,
): Promise<void> {
  await inboxOf(work.trx)
    .insertInto('dead_letter')
    .values({
      id: newId(),
      consumer,
      event,
      lane,
      fact: JSON.stringify(fact),
      error: error.message,
      attempts: 1,
      failed_at: work.now,
      resend_requested_at: null,
    })
    .execute();
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

/** A text column, cut off at a length. */
const shortened = <Column extends 'error' | 'fact'>(column: Column, length: number) =>
  sql<string>`case when length(${sql.ref(column)}) > ${length} then left(${sql.ref(column)}, ${length - 1}) || '…'
    else ${sql.ref(column)} end`.as(column);

/**
 * Lists a database's dead letters, the newest first.
 * @param options.after the id of the previous page's last letter, which may be gone by now
 * @param options.event lists only this kind, by name and version
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
    // Ids are in the order of time.
    .orderBy('id', 'desc')
    .limit(first);
  if (after) query = query.where('id', '<', checkLetterId(after));
  if (event) query = query.where('event', '=', event);
  return query.execute();
}

/**
 * Asks for a dead letter to be applied again; the worker is woken after the commit.
 * @throws Refusal BAD_USER_INPUT; NOT_FOUND where there is no such letter.
 */
export async function requestResend<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  id: string,
): Promise<true> {
  if ((await markForResend(database, 'id', checkLetterId(id))) === 0) throw noSuchLetter(id);
  return true;
}

/** Asks for all dead letters of a kind to be applied again; returns how many there are. */
export const requestResendOfAll = <Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  event: string,
): Promise<number> => markForResend(database, 'event', event);

function markForResend<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  column: 'id' | 'event',
  value: string,
): Promise<number> {
  return database.transact(async (work) => {
    const { numUpdatedRows } = await inboxOf(work.trx)
      .updateTable('dead_letter')
      .set({ resend_requested_at: work.now })
      .where(column, '=', value)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) work.wake('dead_letters');
    return Number(numUpdatedRows);
  });
}

/** The user who discards something, and the log that records it. */
export interface Discarder {
  readonly caller: { readonly userId: string } | null;
  readonly log: Log;
}

/**
 * Deletes a dead letter: its fact is never applied. The log records the user and the fact.
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

/** Deletes all dead letters of a kind; returns how many there were. The log records the user. */
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

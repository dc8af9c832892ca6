import { type Kysely, type Selectable, sql } from 'kysely';
import type { ServiceDatabase } from '../database/unitOfWork.ts';
import type { Clock } from '../process/clock.ts';
import { applyFact } from './apply.ts';
import type { EventHandler } from './handlers.ts';
import { type InboxTables, inboxOf } from './inbox.ts';

/**
 * Applies the dead letters that an admin asked to resend, in the order of the requests. A letter that is applied is deleted;
 * one that is refused again gets the new reason. Where a letter fails without being poison, it goes behind the others and
 * is tried again by the next call.
 * @throws the first error that is not poison, after all letters have been tried.
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
      // Without a letter the database has failed, and would fail for the next one, too.
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

/** Applies the next letter that is not among those put off. False where there is none. */
async function resendNext<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  options: {
    handlers: ReadonlyMap<string, EventHandler<Tables>>;
    consumer: string;
    clock: Clock;
    except: readonly string[];
    /** Is filled with the letter as soon as it is read, for the error message. */
    taken: { letter?: DeadLetterRow };
  },
): Promise<boolean> {
  const { handlers, consumer, clock } = options;
  return database.transact(async (work) => {
    const trx = inboxOf(work.trx);
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

/** Puts a letter behind the others, unless another worker has applied it meanwhile. */
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

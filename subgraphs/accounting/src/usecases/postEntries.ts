import type { Lane } from '@ates/kit/database/outbox';
import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { dayOf } from '@ates/kit/process/calendar';
import type { Transaction } from 'kysely';
import type { Company } from '../domain/company.ts';
import { billingDay, firstUnclosedDay, postingDay } from '../domain/day.ts';
import {
  type AccountState,
  chainEntries,
  type Entry,
  type Posting,
  totalsByDay,
  withoutRepetitions,
} from '../domain/ledger.ts';
import { publishEntries } from '../events.ts';
import {
  beginPosting,
  ensureAccounts,
  insertEntries,
  lockAccounts,
  lockForPosting,
  undoPosting,
  writeAccounts,
} from '../ledgerRepository.ts';
import { hintEntries } from '../live.ts';
import { findLastClosedDay } from '../payoutRepository.ts';
import type { AccountingTables } from '../tables.ts';

type Trx = Transaction<AccountingTables>;
type Work = UnitOfWork<AccountingTables>;

/** What a posting needs besides its facts. */
export interface PostingContext {
  /** The lane that its event came by; the events that follow from it take the same lane. */
  readonly lane: Lane;
  readonly company: Company;
}

/**
 * Begins a posting: takes the posting lock shared and, only after it, reads which days are open (rule 11). Returns a
 * function from the moment of a fact to the day that its entry counts towards (rule 10).
 */
export async function openPosting(
  { trx, now }: Work,
  company: Company,
): Promise<(happenedAt: string) => string> {
  await lockForPosting(trx);
  const lastClosed = await findLastClosedDay(trx);
  const firstUnclosed = firstUnclosedDay(lastClosed, company.firstDay);
  const billing = billingDay(dayOf(now, company.timeZone), lastClosed, company.firstDay);
  return (happenedAt) => postingDay(dayOf(happenedAt, company.timeZone), firstUnclosed, billing);
}

/**
 * Posts to people's accounts, after `openPosting` in the same transaction: locks the accounts in order, adds the
 * entries, and moves balances and totals by exactly the entries that were added. A fact that was posted before, by
 * whichever event, is left out. Returns the entries that were posted.
 */
export async function postEntries(work: Work, given: readonly Posting[], lane: Lane): Promise<Entry[]> {
  const postings = withoutRepetitions(given);
  const accountIds = [...new Set(postings.map((posting) => posting.accountId))];
  if (accountIds.length === 0) return [];
  const accounts = await lockAll(work.trx, accountIds);
  const chained = chainEntries(accounts, postings);
  const added = await post(work, chained, lane);
  if (added === null) return chained.entries;
  const fresh = postings.filter((posting) => added.has(posting.id));
  if (fresh.length === 0) return [];
  const again = chainEntries(accounts, fresh);
  // Not poison: another transaction posted the same fact to another account meanwhile. The next try sees it.
  if ((await post(work, again, lane)) !== null)
    throw new Error('another transaction posted a fact meanwhile; try again');
  return again.entries;
}

/**
 * Locks accounts, and creates those that accounting does not know yet (rule 9). Creating is rare, and happens while
 * some of the accounts are locked: where two batches then deadlock, the database stops one, and it is tried again.
 */
async function lockAll(trx: Trx, ids: readonly string[]): Promise<AccountState[]> {
  const locked = await lockAccounts(trx, ids);
  if (locked.length === ids.length) return locked;
  await ensureAccounts(trx, ids);
  return lockAccounts(trx, ids);
}

/**
 * Posts entries whose numbers and balances are right only if every fact is new, as they nearly always are. Returns null
 * where all are new; otherwise nothing has changed, and it returns the ids of those that are new.
 */
async function post(
  work: Work,
  { entries, after }: ReturnType<typeof chainEntries>,
  lane: Lane,
): Promise<ReadonlySet<string> | null> {
  const { trx } = work;
  // A single entry is added or not: there is nothing to undo.
  const isBatch = entries.length > 1;
  if (isBatch) await beginPosting(trx);
  const added = await insertEntries(trx, entries, work.now);
  if (added !== null) {
    if (isBatch) await undoPosting(trx);
    return added;
  }
  await writeAccounts(trx, after, totalsByDay(entries));
  await publishEntries(work, entries, lane);
  hintEntries(work, entries, lane);
  return null;
}

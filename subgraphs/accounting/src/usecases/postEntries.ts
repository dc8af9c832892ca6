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

/** What a posting needs to know beside its facts. */
export interface PostingContext {
  /** What follows from it leaves by the lane that its event came by. */
  readonly lane: Lane;
  readonly company: Company;
}

/**
 * Begins a posting: takes the posting lock shared and, only after it, reads which days are open (rule 11). Hands back
 * the day that what happened at a moment counts towards (rule 10).
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
 * entries, and moves balances and totals by exactly the entries that were added. A fact that was posted before,
 * whichever event brought it, is left out. Hands back what was posted.
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
  // Not poison: another transaction posted the same fact to another account in between, and the next try sees it.
  if ((await post(work, again, lane)) !== null)
    throw new Error('a fact was posted by somebody else meanwhile; try again');
  return again.entries;
}

/**
 * The accounts, made where accounting has not heard of somebody yet (rule 9). That is rare and done with some of them
 * locked: two batches that then wait for each other are told apart by the database, and one is tried again.
 */
async function lockAll(trx: Trx, ids: readonly string[]): Promise<AccountState[]> {
  const locked = await lockAccounts(trx, ids);
  if (locked.length === ids.length) return locked;
  await ensureAccounts(trx, ids);
  return lockAccounts(trx, ids);
}

/**
 * Numbers and balances hold only if every fact is new, as it nearly always is. Where some are not, nothing has changed;
 * hands back the ids of those that are, or null where all were.
 */
async function post(
  work: Work,
  { entries, after }: ReturnType<typeof chainEntries>,
  lane: Lane,
): Promise<ReadonlySet<string> | null> {
  const { trx } = work;
  // One alone is added or not; there is nothing that would have to be undone.
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

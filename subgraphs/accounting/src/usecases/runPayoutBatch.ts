import type { ServiceDatabase, UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { BatchOutcome } from '@ates/kit/events/runs';
import { newId } from '@ates/kit/process/ids';
import type { Transaction } from 'kysely';
import type { Payout, PayoutRun } from '../domain/payout.ts';
import { payoutSentence } from '../domain/sentence.ts';
import { publishDayClosed, publishPayouts } from '../events.ts';
import { lockForPosting, lockNextAccounts, sumLaterDays } from '../ledgerRepository.ts';
import { hintCompanyDay } from '../live.ts';
import {
  completeRun,
  insertPayouts,
  isEarlierRunUnfinished,
  lockRun,
  updateRun,
} from '../payoutRepository.ts';
import type { AccountingTables } from '../tables.ts';
import { postEntries } from './postEntries.ts';

type Trx = Transaction<AccountingTables>;

/**
 * Pays the next accounts of a day's run (rule 11): an account with a positive closing balance gets exactly that sum.
 * The cursor moves in the same transaction, so a run that is killed at any point continues where it was. Two workers on
 * one run take turns. Runs go in the order of their days.
 */
export async function runPayoutBatch(
  database: ServiceDatabase<AccountingTables>,
  runId: string,
  batchSize = 1_000,
): Promise<BatchOutcome> {
  return database.transact(async (work) => {
    const { trx, now } = work;
    await lockForPosting(trx);
    const run = await lockRun(trx, runId);
    if (!run || run.status === 'COMPLETED') return 'ended';
    if (await isEarlierRunUnfinished(trx, run.day)) return 'waits';
    const closings = await closingBalances(trx, run, batchSize);
    const payouts = closings
      .filter(({ closingCents }) => closingCents > 0)
      .map(({ accountId, closingCents }) => ({
        id: newId(),
        accountId,
        day: run.day,
        amountCents: closingCents,
        paidAt: now,
      }));
    await pay(work, payouts);
    const advanced: PayoutRun = {
      ...run,
      cursor: closings.at(-1)?.accountId ?? run.cursor,
      accountsProcessed: run.accountsProcessed + closings.length,
      payoutCount: run.payoutCount + payouts.length,
      paidTotalCents: run.paidTotalCents + payouts.reduce((total, { amountCents }) => total + amountCents, 0),
      accountsInTheRed: run.accountsInTheRed + closings.filter(({ closingCents }) => closingCents < 0).length,
    };
    await updateRun(trx, advanced, now);
    if (closings.length === batchSize) return 'more';
    await publishDayClosed(work, advanced, await completeRun(trx, advanced, now));
    hintCompanyDay(work);
    // The next day's run may have waited for this one.
    work.wake('runs');
    return 'ended';
  });
}

/**
 * Returns the next accounts with their closing balances of the run's day: the balance less the sums of later days, so
 * that the cost does not grow with the years.
 */
async function closingBalances(
  trx: Trx,
  run: PayoutRun,
  limit: number,
): Promise<{ accountId: string; closingCents: number }[]> {
  const accounts = await lockNextAccounts(trx, run.cursor, limit);
  const laterDays = await sumLaterDays(
    trx,
    accounts.map((account) => account.id),
    run.day,
  );
  return accounts.map(({ id, balanceCents }) => ({
    accountId: id,
    closingCents: balanceCents - (laterDays.get(id) ?? 0),
  }));
}

/** Adds one entry in the closed day, one payout and one fact for each payment. */
async function pay(
  work: UnitOfWork<AccountingTables>,
  payouts: readonly Omit<Payout, 'email'>[],
): Promise<void> {
  if (payouts.length === 0) return;
  const postings = payouts.map(({ id, accountId, day, amountCents }) => ({
    id,
    kind: 'PAYOUT' as const,
    accountId,
    amountCents,
    day,
    occurredAt: work.now.toISOString(),
    description: payoutSentence(day),
    taskId: null,
  }));
  await insertPayouts(work.trx, payouts);
  await postEntries(work, postings, 'bulk');
  await publishPayouts(work, payouts);
}

import type { Lane } from '@ates/kit/database/outbox';
import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { type Columns, maxFactsPerEvent, toColumns } from '@ates/schema/event';
import { dayClosed } from '@ates/schema/events/accounting.day_closed.v1';
import { entriesPosted } from '@ates/schema/events/accounting.entries_posted.v1';
import { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';
import { type Entry, signedCents } from './domain/ledger.ts';
import type { Payout, PayoutRun } from './domain/payout.ts';
import type { AccountingTables } from './tables.ts';

type Work = UnitOfWork<AccountingTables>;

function* inEvents<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let at = 0; at < items.length; at += maxFactsPerEvent) yield items.slice(at, at + maxFactsPerEvent);
}

/** Publishes new entries of the ledger. */
export async function publishEntries(work: Work, entries: readonly Entry[], lane: Lane): Promise<void> {
  for (const some of inEvents(entries)) {
    const columns: Columns<typeof entriesPosted> = {
      entryId: some.map((entry) => entry.id),
      kind: some.map((entry) => entry.kind),
      accountId: some.map((entry) => entry.accountId),
      number: some.map((entry) => entry.number),
      amountCents: some.map(signedCents),
      balanceAfterCents: some.map((entry) => entry.balanceAfterCents),
      day: some.map((entry) => entry.day),
      taskId: some.map((entry) => entry.taskId),
      occurredAt: some.map((entry) => entry.occurredAt),
    };
    await work.append(entriesPosted, columns, lane);
  }
}

/** Publishes payouts; the mailer sends a mail about each. */
export async function publishPayouts(work: Work, payouts: readonly Omit<Payout, 'email'>[]): Promise<void> {
  for (const some of inEvents(payouts)) {
    const facts = some.map((payout) => ({
      payoutId: payout.id,
      accountId: payout.accountId,
      day: payout.day,
      amountCents: payout.amountCents,
      paidAt: payout.paidAt.toISOString(),
    }));
    await work.append(wagesPaid, toColumns(wagesPaid, facts), 'bulk');
  }
}

/** Publishes that a day's run is complete. */
export async function publishDayClosed(
  work: Work,
  run: PayoutRun,
  totals: { feesCents: number; rewardsCents: number },
): Promise<void> {
  const fact = {
    day: run.day,
    accountsInTheRed: run.accountsInTheRed,
    feesCents: totals.feesCents,
    rewardsCents: totals.rewardsCents,
    paidOutCents: run.paidTotalCents,
    payoutCount: run.payoutCount,
    closedAt: work.now.toISOString(),
  };
  await work.append(dayClosed, toColumns(dayClosed, [fact]), 'bulk');
}

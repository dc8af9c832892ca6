import { appendEvent, type Lane } from '@ates/kit/outbox';
import { type Columns, maxFactsPerEvent, toColumns } from '@ates/schema/event';
import { dayClosed } from '@ates/schema/events/accounting.day_closed.v1';
import { entriesPosted } from '@ates/schema/events/accounting.entries_posted.v1';
import { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';
import type { Transaction } from 'kysely';
import { type Entry, signedCents } from './domain/ledger.ts';
import type { Payout, PayoutRun } from './domain/payout.ts';
import { hintCompanyDay, hintEntries } from './live.ts';
import type { AccountingTables } from './tables.ts';

type Trx = Transaction<AccountingTables>;

function* inEvents<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let at = 0; at < items.length; at += maxFactsPerEvent) yield items.slice(at, at + maxFactsPerEvent);
}

/** Tells that the ledger got entries. */
export async function publishEntries(
  trx: Trx,
  entries: readonly Entry[],
  options: { lane: Lane; now: Date },
): Promise<void> {
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
    await appendEvent(trx, entriesPosted, columns, options);
  }
  hintEntries(trx, entries, options.lane);
}

/** Tells that people were paid; the mailer hears of it. */
export async function publishPayouts(
  trx: Trx,
  payouts: readonly Omit<Payout, 'email'>[],
  now: Date,
): Promise<void> {
  for (const some of inEvents(payouts)) {
    const facts = some.map((payout) => ({
      payoutId: payout.id,
      accountId: payout.accountId,
      day: payout.day,
      amountCents: payout.amountCents,
      paidAt: payout.paidAt.toISOString(),
    }));
    await appendEvent(trx, wagesPaid, toColumns(wagesPaid, facts), { lane: 'bulk', now });
  }
}

/** Tells that a day's run is complete. */
export async function publishDayClosed(
  trx: Trx,
  run: PayoutRun,
  totals: { feesCents: number; rewardsCents: number },
  now: Date,
): Promise<void> {
  const fact = {
    day: run.day,
    accountsInTheRed: run.accountsInTheRed,
    feesCents: totals.feesCents,
    rewardsCents: totals.rewardsCents,
    paidOutCents: run.paidTotalCents,
    payoutCount: run.payoutCount,
    closedAt: now.toISOString(),
  };
  await appendEvent(trx, dayClosed, toColumns(dayClosed, [fact]), { lane: 'bulk', now });
  hintCompanyDay(trx);
}

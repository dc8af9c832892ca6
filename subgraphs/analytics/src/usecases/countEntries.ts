import { type Columns, type Fact, toFacts } from '@ates/schema/event';
import type { entriesPosted } from '@ates/schema/events/accounting.entries_posted.v1';
import type { Transaction } from 'kysely';
import { daysOf, isDearer, type ResolvedTask } from '../domain/figures.ts';
import { addMoney, insertFacts, type MoneyOfDay, upsertBalances, upsertDearest } from '../repository.ts';
import { type AnalyticsTables, factKinds } from '../tables.ts';

type Entry = Fact<typeof entriesPosted>;

/**
 * Counts the ledger's entries, each once: money by the billing day that the event says (rules 10, 12, 14), accounts'
 * balances by the entry's number, and the dearest task by the calendar day of its reward.
 */
export async function countEntries(
  trx: Transaction<AnalyticsTables>,
  columns: Columns<typeof entriesPosted>,
  timeZone: string,
): Promise<void> {
  const calendarDays = daysOf(columns.occurredAt, timeZone);
  const fresh = await insertFacts(trx, factKinds.entryPosted, columns.entryId);
  if (fresh.size === 0) return;
  const entries = (toFacts(columns) as Entry[])
    .map((entry, at) => ({ ...entry, calendarDay: calendarDays[at]! }))
    // Deleted, so that an entry that stands twice in the batch counts once.
    .filter(({ entryId }) => fresh.delete(entryId));
  await upsertBalances(trx, latestBalances(entries));
  const dearest = dearestByDay(entries);
  if (dearest.length > 0) await upsertDearest(trx, dearest);
  await addMoney(trx, moneyByDay(entries));
}

/** Each account's balance after its highest-numbered entry. */
function latestBalances(
  entries: readonly Entry[],
): { accountId: string; number: number; balanceCents: number }[] {
  const latest = new Map<string, Entry>();
  for (const entry of entries) {
    const known = latest.get(entry.accountId);
    if (!known || entry.number > known.number) latest.set(entry.accountId, entry);
  }
  return [...latest.values()].map(({ accountId, number, balanceAfterCents }) => ({
    accountId,
    number,
    balanceCents: balanceAfterCents,
  }));
}

/** The dearest task of each calendar day; a reward that names no task is money only. */
function dearestByDay(entries: readonly (Entry & { calendarDay: string })[]): ResolvedTask[] {
  const dearest = new Map<string, ResolvedTask>();
  for (const { kind, calendarDay: day, taskId, amountCents, occurredAt } of entries) {
    if (kind !== 'COMPLETION_REWARD' || taskId === null) continue;
    const task = { day, taskId, rewardCents: amountCents, resolvedAt: occurredAt };
    const known = dearest.get(day);
    if (!known || isDearer(task, known)) dearest.set(day, task);
  }
  return [...dearest.values()];
}

/** What the entries add to each billing day. Fees and payouts lower a balance; as figures they are positive. */
function moneyByDay(entries: readonly Entry[]): Map<string, MoneyOfDay> {
  const days = new Map<string, MoneyOfDay>();
  for (const { kind, day, amountCents } of entries) {
    const money = days.get(day) ?? { feesCents: 0, rewardsCents: 0, paidOutCents: 0 };
    days.set(day, money);
    switch (kind) {
      case 'ASSIGNMENT_FEE':
        money.feesCents -= amountCents;
        break;
      case 'COMPLETION_REWARD':
        money.rewardsCents += amountCents;
        break;
      case 'PAYOUT':
        money.paidOutCents -= amountCents;
        break;
      default:
        kind satisfies never;
    }
  }
  return days;
}

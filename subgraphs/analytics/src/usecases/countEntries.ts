import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { dayOf } from '@ates/kit/process/calendar';
import type { Columns } from '@ates/schema/event';
import type { entriesPosted } from '@ates/schema/events/accounting.entries_posted.v1';
import { isDearer, type ResolvedTask } from '../domain/figures.ts';
import { hintFigures } from '../live.ts';
import { addMoney, insertFacts, type MoneyOfDay, upsertBalances, upsertDearest } from '../repository.ts';
import { type AnalyticsTables, factKinds } from '../tables.ts';

type Entries = Columns<typeof entriesPosted>;

/**
 * Counts the ledger's entries, each once: money by the billing day of the event (rules 10, 12, 14), accounts' balances
 * by the entry's number, and the dearest task by the calendar day of its reward.
 */
export async function countEntries(
  work: UnitOfWork<AnalyticsTables>,
  entries: Entries,
  timeZone: string,
): Promise<void> {
  const { trx } = work;
  // Before anything is written: a moment that does not exist is poison.
  const calendarDays = entries.occurredAt.map((moment) => dayOf(moment, timeZone));
  const fresh = await insertFacts(trx, factKinds.entryPosted, entries.entryId);
  const counted: number[] = [];
  entries.entryId.forEach((id, at) => {
    // Deleted, so that an entry that is twice in the batch counts once.
    if (fresh === null || fresh.delete(id)) counted.push(at);
  });
  if (counted.length === 0) return;
  await upsertBalances(trx, latestBalances(entries, counted));
  const dearest = dearestByDay(entries, counted, calendarDays);
  if (dearest.length > 0) await upsertDearest(trx, dearest);
  await addMoney(trx, moneyByDay(entries, counted));
  hintFigures(work);
}

// The functions below read the columns by index: an object per entry would cost more than the rest of their work.

/** Returns each account's balance after its highest-numbered entry. */
function latestBalances(
  { accountId, number, balanceAfterCents }: Entries,
  counted: readonly number[],
): { accountId: string; number: number; balanceCents: number }[] {
  const latest = new Map<string, number>();
  for (const at of counted) {
    const known = latest.get(accountId[at]!);
    if (known === undefined || number[at]! > number[known]!) latest.set(accountId[at]!, at);
  }
  return [...latest].map(([account, at]) => ({
    accountId: account,
    number: number[at]!,
    balanceCents: balanceAfterCents[at]!,
  }));
}

/** Returns the dearest task of each calendar day. A reward without a task counts as money only. */
function dearestByDay(
  { kind, taskId, amountCents, occurredAt }: Entries,
  counted: readonly number[],
  calendarDays: readonly string[],
): ResolvedTask[] {
  const dearest = new Map<string, ResolvedTask>();
  for (const at of counted) {
    const id = taskId[at];
    if (kind[at] !== 'COMPLETION_REWARD' || !id) continue;
    const day = calendarDays[at]!;
    const task = { day, taskId: id, rewardCents: amountCents[at]!, resolvedAt: occurredAt[at]! };
    const known = dearest.get(day);
    if (!known || isDearer(task, known)) dearest.set(day, task);
  }
  return [...dearest.values()];
}

/** Returns what the entries add to each billing day. Fees and payouts lower a balance; as figures they are positive. */
function moneyByDay(
  { kind, day, amountCents }: Entries,
  counted: readonly number[],
): Map<string, MoneyOfDay> {
  const days = new Map<string, MoneyOfDay>();
  for (const at of counted) {
    const money = days.get(day[at]!) ?? { feesCents: 0, rewardsCents: 0, paidOutCents: 0 };
    days.set(day[at]!, money);
    const amount = amountCents[at]!;
    const what = kind[at]!;
    switch (what) {
      case 'ASSIGNMENT_FEE':
        money.feesCents -= amount;
        break;
      case 'COMPLETION_REWARD':
        money.rewardsCents += amount;
        break;
      case 'PAYOUT':
        money.paidOutCents -= amount;
        break;
      default:
        what satisfies never;
    }
  }
  return days;
}

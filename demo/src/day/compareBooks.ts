import { type ExpectedSums, entryLine, noSums, payOut } from './expectedSums.ts';
import { formatCents } from './money.ts';
import type { AccountState, AuditState, EntryState, Figures } from './readBooks.ts';

/** The state of the books at one moment. */
export interface Books {
  readonly accounts: ReadonlyMap<string, AccountState>;
  readonly figures: Figures;
}

/** The state of the books at the end. */
export interface ClosedBooks extends Books {
  /** Each account's lines since the beginning, newest first. */
  readonly entries: ReadonlyMap<string, readonly EntryState[]>;
  readonly audit: AuditState;
  /** The payout run of the day; null where the day was closed before the demo began. */
  readonly payoutRun: PayoutRunState | null;
}

export interface PayoutRunState {
  readonly day: string;
  readonly status: string;
  readonly payoutCount: number;
  readonly paidTotalCents: number;
}

/** Returns a sentence for each figure of the books that differs from the facts. */
export function compareBooks(expected: ExpectedSums, before: Books, after: ClosedBooks): string[] {
  const problems: string[] = [];
  const money = (what: string, is: number, should: number) => {
    if (is !== should)
      problems.push(`${what}: the books say ${formatCents(is)}, the facts make it ${formatCents(should)}.`);
  };
  const count = (what: string, is: number, should: number) => {
    if (is !== should) problems.push(`${what}: the books say ${is}, the facts make it ${should}.`);
  };

  let payoutCount = 0;
  let paidTotalCents = 0;
  let inTheRed = 0;
  for (const id of new Set([...after.accounts.keys(), ...expected.people.keys()])) {
    const now = after.accounts.get(id);
    if (!now) {
      problems.push(`Somebody with the id ${id} was charged and has no account.`);
      continue;
    }
    const was = before.accounts.get(id);
    const { feesCents, rewardsCents, entries } = expected.people.get(id) ?? noSums;
    const earned = (was?.balanceCents ?? 0) + rewardsCents - feesCents;
    const { paidCents, balanceCents } = after.payoutRun
      ? payOut(earned)
      : { paidCents: 0, balanceCents: earned };
    if (paidCents > 0) payoutCount++;
    paidTotalCents += paidCents;
    if (balanceCents < 0) inTheRed++;
    money(`Fees of ${now.name}`, now.feesCents - (was?.feesCents ?? 0), feesCents);
    money(`Rewards of ${now.name}`, now.rewardsCents - (was?.rewardsCents ?? 0), rewardsCents);
    money(`Payout of ${now.name}`, now.paidOutCents - (was?.paidOutCents ?? 0), paidCents);
    money(`Balance of ${now.name}`, now.balanceCents, balanceCents);
    const lines = after.entries.get(id) ?? [];
    const expectedLines = paidCents > 0 ? [...entries, entryLine('PAYOUT', null, -paidCents)] : entries;
    problems.push(...compareEntries(now.name, lines, expectedLines));
    problems.push(...followBalance(now.name, lines, was?.balanceCents ?? 0));
  }

  const { figures: then } = before;
  const { figures, payoutRun, audit } = after;
  const { dearest } = expected;
  const earnedCents = expected.feesCents - expected.rewardsCents;
  money('Fees charged by the company', figures.feesCents - then.feesCents, expected.feesCents);
  money('Rewards paid by the company', figures.rewardsCents - then.rewardsCents, expected.rewardsCents);
  money('Earned by top management', figures.earnedCents - then.earnedCents, earnedCents);
  money(
    'Earned by top management, in analytics',
    figures.analyticsEarnedCents - then.analyticsEarnedCents,
    earnedCents,
  );
  money('Paid out by the company', figures.paidOutCents - then.paidOutCents, paidTotalCents);
  money('Paid out, in analytics', figures.analyticsPaidOutCents - then.analyticsPaidOutCents, paidTotalCents);
  count('Tasks created, in analytics', figures.tasksCreated - then.tasksCreated, expected.tasksCreated);
  count('Tasks resolved, in analytics', figures.tasksResolved - then.tasksResolved, expected.tasksResolved);
  count('Assignments, in analytics', figures.assignments - then.assignments, expected.assignments);
  // The dearest task from before the day is earlier, so it wins a tie.
  const oldWins = then.dearest !== null && then.dearest.rewardCents >= (dearest?.rewardCents ?? 0);
  const dearestIds = oldWins ? [then.dearest.taskId] : (dearest?.taskIds ?? []);
  money(
    'Reward of the dearest task',
    figures.dearest?.rewardCents ?? 0,
    (oldWins ? then.dearest.rewardCents : dearest?.rewardCents) ?? 0,
  );
  if (figures.dearest && !dearestIds.includes(figures.dearest.taskId))
    problems.push(
      `The dearest task is ${figures.dearest.taskId} in analytics, and ${dearestIds.join(' or ')} by the facts.`,
    );
  if (payoutRun) {
    count('Accounts below zero at closing', figures.employeesInTheRed, inTheRed);
    count('Payouts of the run', payoutRun.payoutCount, payoutCount);
    money('Total of the payout run', payoutRun.paidTotalCents, paidTotalCents);
  }
  if (!audit.ok)
    problems.push(
      `The ledger does not balance: it is off by ${audit.imbalance}, and ${audit.mismatchedAccounts.length} accounts differ from the sum of their entries.`,
    );
  return problems;
}

/** Checks that each fee, reward and payout is there once and with its amount, in any order. */
function compareEntries(name: string, lines: readonly EntryState[], expected: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) - 1);
  for (const { kind, taskId, amountCents } of lines) {
    const line = entryLine(kind, taskId, amountCents);
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, difference]) => difference !== 0)
    .map(([line, difference]) => {
      const [kind, taskId, cents] = line.split(' ');
      const times = `${Math.abs(difference)} ${difference < 0 ? 'missing' : 'too many'}`;
      const task = taskId === '-' ? '' : ` for task ${taskId}`;
      return `Audit log of ${name}: ${kind} of ${formatCents(Number(cents))}${task}: ${times}.`;
    });
}

/** Checks that each line's balance is the balance of the line below it plus its own amount. */
function followBalance(name: string, newestFirst: readonly EntryState[], balanceBefore: number): string[] {
  const problems: string[] = [];
  let balance = balanceBefore;
  for (const { amountCents, balanceAfterCents } of newestFirst.toReversed()) {
    if (balanceAfterCents !== balance + amountCents)
      problems.push(
        `Audit log of ${name}: a line says that the balance after it is ${formatCents(balanceAfterCents)}; by the lines before, it is ${formatCents(balance + amountCents)}.`,
      );
    balance = balanceAfterCents;
  }
  return problems;
}

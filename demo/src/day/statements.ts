import Table from 'cli-table3';
import type { Books, ClosedBooks } from './compareBooks.ts';
import { formatCents } from './money.ts';

/** Prints the books of the day as tables: money since the beginning of the day, balances as they are now. */
export function printStatements(before: Books, after: ClosedBooks, print: (text: string) => void): void {
  print('\nStatements');
  print(statements(before, after));
  print('\nPayouts');
  print(payouts(after));
  print('\nThe company');
  print(company(before, after));
}

function statements(before: Books, after: ClosedBooks): string {
  const table = moneyTable(['Name', 'Role', 'Fees', 'Rewards', 'Paid out', 'Balance'], 2);
  const total = { fees: 0, rewards: 0, paid: 0, balance: 0 };
  const byName = [...after.accounts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const now of byName) {
    const was = before.accounts.get(now.id);
    const fees = now.feesCents - (was?.feesCents ?? 0);
    const rewards = now.rewardsCents - (was?.rewardsCents ?? 0);
    const paid = now.paidOutCents - (was?.paidOutCents ?? 0);
    total.fees += fees;
    total.rewards += rewards;
    total.paid += paid;
    total.balance += now.balanceCents;
    table.push([now.name, now.role, ...[fees, rewards, paid, now.balanceCents].map(formatCents)]);
  }
  const totals = [total.fees, total.rewards, total.paid, total.balance];
  table.push(['Everybody', '', ...totals.map(formatCents)]);
  return table.toString();
}

function payouts(after: ClosedBooks): string {
  const run = after.payoutRun;
  if (!run) return 'The day was closed before: nothing more is paid out today.';
  const table = moneyTable(['Name', 'Day', 'E-mail', 'Amount'], 3);
  for (const { name, payout } of after.accounts.values())
    if (payout?.day === run.day)
      table.push([name, payout.day, payout.email, formatCents(payout.amountCents)]);
  table.push([`${run.payoutCount} payouts`, run.day, run.status, formatCents(run.paidTotalCents)]);
  return table.toString();
}

function company(before: Books, after: ClosedBooks): string {
  const { figures, audit } = after;
  const table = moneyTable(['Figure', 'Value'], 1);
  const since = (read: (books: Books) => number) => read(after) - read(before);
  const { dearest } = figures;
  table.push(
    ['Fees charged', formatCents(since((books) => books.figures.feesCents))],
    ['Rewards paid', formatCents(since((books) => books.figures.rewardsCents))],
    ['Top management earned', formatCents(since((books) => books.figures.earnedCents))],
    ['Tasks created', since((books) => books.figures.tasksCreated)],
    ['Assignments', since((books) => books.figures.assignments)],
    ['Tasks resolved', since((books) => books.figures.tasksResolved)],
    ['Accounts below zero', figures.employeesInTheRed],
    [
      'Dearest task of the day',
      dearest ? `${shorten(dearest.title)}: ${formatCents(dearest.rewardCents)}` : '-',
    ],
    ['Ledger audit', audit.ok ? `ok, ${audit.entriesChecked} entries` : `NOT OK: off by ${audit.imbalance}`],
  );
  return table.toString();
}

/** Makes a table. Columns from `leftColumns` on hold figures and align right. No colours: the output may be a file. */
function moneyTable(head: string[], leftColumns: number) {
  const colAligns = head.map((_, column) => (column < leftColumns ? 'left' : 'right') as 'left' | 'right');
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } as never });
}

/** Shortens a title and replaces its control characters: a terminal obeys them, and any user may have typed them. */
function shorten(title: string): string {
  const plain = [...title.replace(/\p{Cc}/gu, '?')];
  return plain.length > 50 ? `${plain.slice(0, 49).join('')}…` : plain.join('');
}

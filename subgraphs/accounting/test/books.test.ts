import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asSuperuser, openTestDatabase } from '../../../tests/support/databases.ts';
import {
  openTestBooks,
  type TestBooks,
  tasksAssigned,
  tasksResolved,
  testPriceKey,
} from '../../../tests/support/facts.ts';
import { drawPrice } from '../src/domain/price.ts';
import { findAccounts, listEntriesOfAccounts } from '../src/ledgerRepository.ts';
import { listPayoutsOfAccounts, listUnfinishedRuns } from '../src/payoutRepository.ts';
import type { AccountingTables } from '../src/tables.ts';
import { auditLedger, shareAudits } from '../src/usecases/auditLedger.ts';
import { closeDay, closeDaysThatAreOver } from '../src/usecases/closeDay.ts';
import { readCompanyDays } from '../src/usecases/readCompanyDays.ts';
import { runPayoutBatch } from '../src/usecases/runPayoutBatch.ts';

let books: TestBooks;
beforeEach(async () => {
  books = await openTestBooks('2026-11-20T10:00:00.000Z', { timeZone: 'Europe/Berlin' });
});
afterEach(() => books.close());

const people = Array.from({ length: 20 }, () => randomUUID()).sort();
const [kiwi, rio] = people as [string, string];
const balance = async (id: string) => (await findAccounts(books.db, [id]))[0]?.balanceCents ?? 0;
const entriesOf = async (id: string, day: string | null = null) =>
  (await listEntriesOfAccounts(books.db, [id], { day, first: 50, after: null })).get(id)?.nodes ?? [];
const priceOf = (taskId: string) => drawPrice(testPriceKey, taskId);

type Assignment = ReturnType<TestBooks['assignment']>;
const charge = (facts: readonly Assignment[]) => books.tell(tasksAssigned, facts);
const reward = (facts: readonly Assignment[]) =>
  books.tell(
    tasksResolved,
    facts.map(({ assignmentId: _, ...fact }) => fact),
  );

test('a fact is posted once, by whichever events it comes, in whatever order, at once or after each other', async () => {
  const facts = Array.from({ length: 200 }, (_, at) => books.assignment(people[at % 20] as string));
  await Promise.all(
    [facts, [...facts].reverse(), facts.slice(50, 150), [...facts, ...facts.slice(0, 20)]].map(charge),
  );
  const more = [...facts.slice(0, 5), books.assignment(kiwi), ...facts.slice(5, 9)];
  await charge(more);
  expect(await auditLedger(books.db)).toMatchObject({ ok: true, entriesChecked: 201 });
  const rows = await entriesOf(kiwi);
  expect(rows.map((row) => row.number)).toEqual(rows.map((_, at) => rows.length - at));
});

test('the fee of each assignment is charged and the reward paid to whoever completed, at the one price', async () => {
  const first = books.assignment(kiwi);
  const again = books.assignment(kiwi, first.taskId);
  // The completion comes before its assignments.
  await reward([{ ...first, assigneeId: rio }]);
  await charge([first, again]);
  const { feeCents, rewardCents } = priceOf(first.taskId);
  expect([await balance(kiwi), await balance(rio)]).toEqual([-2 * feeCents, rewardCents]);
  const [entry] = await entriesOf(kiwi);
  expect(entry?.description).toBe('Fee for being assigned "[POPUG-42] Clean the cage"');
});

test('whoever is above zero when a day closes is paid exactly that; later entries and debts stay', async () => {
  const done = books.assignment(kiwi);
  const undone = books.assignment(rio);
  await charge([done, undone]);
  await reward([done]);
  const earned = await balance(kiwi);
  const run = await closeDay(books.database, books.company);
  await charge([books.assignment(kiwi, undone.taskId)]);
  await books.payOut();
  const fee = priceOf(undone.taskId).feeCents;
  expect([await balance(kiwi), await balance(rio)]).toEqual([-fee, -fee]);
  const payouts = await listPayoutsOfAccounts(books.db, [kiwi, rio], { first: 10, after: null });
  expect([...payouts.values()].flatMap(({ nodes }) => nodes)).toMatchObject(
    earned > 0 ? [{ accountId: kiwi, day: '2026-11-20', amountCents: earned }] : [],
  );
  const late = await entriesOf(kiwi, '2026-11-21');
  expect(late.map((entry) => entry.kind)).toEqual(['ASSIGNMENT_FEE']);
  const closed = await closeDay(books.database, books.company, '2026-11-20');
  expect(closed).toMatchObject({ id: run.id, status: 'COMPLETED', accountsTotal: 2, accountsInTheRed: 1 });
  expect((await auditLedger(books.db)).ok).toBe(true);
});

test('after an outage every day that is over is closed, in order, and runs wait for those before them', async () => {
  books.clock.set('2026-11-23T23:30:00.000Z');
  await charge([books.assignment(kiwi)]);
  expect(await closeDaysThatAreOver(books.database, books.company)).toBe(4);
  expect(await closeDaysThatAreOver(books.database, books.company)).toBe(0);
  const [, second] = await listUnfinishedRuns(books.db, books.clock.now());
  expect(await runPayoutBatch(books.database, second!.id)).toBe('waits');
  await books.payOut();
  await expect(closeDay(books.database, books.company, '2026-11-25')).rejects.toThrow(/not over/);
  await expect(closeDay(books.database, books.company, '2026-11-19')).rejects.toThrow(/first day/);
});

test('the days up to one at the beginning of the calendar are those there are', async () => {
  const range = { from: null, to: '0001-01-05' };
  const days = await readCompanyDays(books.database, books.company, range);
  expect(days.map(({ day }) => day)).toEqual([5, 4, 3, 2, 1].map((day) => `0001-01-0${day}`));
});

test('while people post, days close and several workers pay, nobody is paid too much or too little', async () => {
  let posting = true;
  const post = async () => {
    while (posting) {
      const facts = Array.from({ length: 20 }, (_, at) => books.assignment(people[(at * 7) % 20] as string));
      await charge(facts);
      await reward(facts.slice(0, 12));
    }
  };
  const posters = [post(), post(), post()];
  for (let day = 20; day < 26; day++) {
    books.clock.set(`2026-11-${day}T10:00:00.000Z`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await closeDay(books.database, books.company);
    await Promise.all([books.payOut(), books.payOut()]);
  }
  posting = false;
  await Promise.all(posters);
  const { rows } = await sql`
    select r.day, a.id from payout_run r cross join account a
    left join payout p on p.account_id = a.id and p.day = r.day
    cross join lateral (
      select coalesce(sum(case when credit_account = a.id then amount_cents else -amount_cents end), 0) as closing
      from ledger_entry e where e.account_id = a.id and e.day <= r.day
    ) sums
    where closing > 0 or (p.id is not null and closing <> 0)`.execute(books.db);
  expect(rows).toEqual([]);
  expect((await auditLedger(books.db)).ok).toBe(true);
});

test('nothing that was posted can be changed by the application, and the audit finds what somebody else changed', async () => {
  await charge([books.assignment(kiwi), books.assignment(rio)]);
  await expect(sql`update ledger_entry set amount_cents = 1`.execute(books.db)).rejects.toThrow(/denied/);
  await expect(sql`delete from ledger_entry`.execute(books.db)).rejects.toThrow(/denied/);
  const intruder = openTestDatabase<AccountingTables>(asSuperuser(books.url));
  await sql`update ledger_entry set amount_cents = amount_cents + 1 where account_id = ${kiwi}`.execute(
    intruder,
  );
  await intruder.destroy();
  expect(await auditLedger(books.db)).toMatchObject({ ok: false, mismatchedAccountIds: [kiwi] });
});

test('all who ask for an audit while one is under way get its answer; the next one reads anew', async () => {
  await charge([books.assignment(kiwi)]);
  const audit = shareAudits(books.db);
  const [first, second] = [audit(), audit()];
  expect(second).toBe(first);
  expect(await first).toMatchObject({ ok: true, entriesChecked: 1 });
  await charge([books.assignment(rio)]);
  expect(await audit()).toMatchObject({ ok: true, entriesChecked: 2 });
});

import { expect, test } from 'vitest';
import {
  chainEntries,
  companyAccounts,
  type Posting,
  type PostingKind,
  sidesOf,
  signedCents,
  totalsByDay,
  withoutRepetitions,
} from '../src/domain/ledger.ts';
import { feeSentence, payoutSentence, rewardSentence } from '../src/domain/sentence.ts';

const kiwi = '11111111-1111-7111-8111-111111111111';
const rio = '22222222-2222-7222-8222-222222222222';
const posting = (
  id: string,
  kind: PostingKind,
  accountId: string,
  amountCents: number,
  day = '2026-11-20',
): Posting => ({
  id,
  kind,
  accountId,
  amountCents,
  day,
  occurredAt: '2026-11-20T10:00:00.000Z',
  description: '',
  taskId: null,
});

test('several facts of one account chain numbers and balances in their order', () => {
  const { entries, after } = chainEntries(
    [
      { id: kiwi, balanceCents: 100, lastNumber: 7 },
      { id: rio, balanceCents: 0, lastNumber: 0 },
    ],
    [
      posting('a', 'ASSIGNMENT_FEE', kiwi, 1_500),
      posting('b', 'ASSIGNMENT_FEE', rio, 1_000),
      posting('c', 'COMPLETION_REWARD', kiwi, 4_000),
      posting('d', 'PAYOUT', kiwi, 600),
    ],
  );
  expect(entries.map(({ id, number, balanceAfterCents }) => [id, number, balanceAfterCents])).toEqual([
    ['a', 8, -1_400],
    ['b', 1, -1_000],
    ['c', 9, 2_600],
    ['d', 10, 2_000],
  ]);
  expect(after).toEqual([
    { id: kiwi, balanceCents: 2_000, lastNumber: 10 },
    { id: rio, balanceCents: -1_000, lastNumber: 1 },
  ]);
});

test('an account that is not locked, or an amount that is not positive, is never posted', () => {
  expect(() => chainEntries([], [posting('a', 'PAYOUT', kiwi, 1)])).toThrow(/not locked/);
  const account = { id: kiwi, balanceCents: 0, lastNumber: 0 };
  expect(() => chainEntries([account], [posting('a', 'PAYOUT', kiwi, 0)])).toThrow(/no positive amount/);
});

test('every posting has the person on one side and the company on the other', () => {
  for (const kind of ['ASSIGNMENT_FEE', 'COMPLETION_REWARD', 'PAYOUT'] as const) {
    const { debit, credit } = sidesOf({ kind, accountId: kiwi });
    expect([debit, credit].filter((side) => side === kiwi)).toHaveLength(1);
    expect(
      [debit, credit].filter((side) => Object.values<string>(companyAccounts).includes(side)),
    ).toHaveLength(1);
  }
  expect(signedCents(posting('a', 'ASSIGNMENT_FEE', kiwi, 5))).toBe(-5);
  expect(signedCents(posting('a', 'COMPLETION_REWARD', kiwi, 5))).toBe(5);
  expect(signedCents(posting('a', 'PAYOUT', kiwi, 5))).toBe(-5);
});

test('a fact that is named twice counts once, in its first place', () => {
  const postings = [
    posting('a', 'PAYOUT', kiwi, 1),
    posting('b', 'PAYOUT', kiwi, 2),
    posting('a', 'PAYOUT', kiwi, 3),
  ];
  expect(withoutRepetitions(postings).map(({ id, amountCents }) => [id, amountCents])).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
});

test('totals add up per account and day, with the numbers they lie between', () => {
  const { entries } = chainEntries(
    [{ id: kiwi, balanceCents: 0, lastNumber: 6 }],
    [
      posting('a', 'ASSIGNMENT_FEE', kiwi, 1_000),
      posting('b', 'ASSIGNMENT_FEE', kiwi, 2_000),
      posting('d', 'PAYOUT', kiwi, 1_000, '2026-11-19'),
      posting('c', 'COMPLETION_REWARD', kiwi, 4_000),
    ],
  );
  const numbers = (firstNumber: number, lastNumber: number) => ({ firstNumber, lastNumber });
  expect(totalsByDay(entries)).toEqual([
    {
      accountId: kiwi,
      day: '2026-11-20',
      feesCents: 3_000,
      rewardsCents: 4_000,
      paidOutCents: 0,
      ...numbers(7, 10),
    },
    {
      accountId: kiwi,
      day: '2026-11-19',
      feesCents: 0,
      rewardsCents: 0,
      paidOutCents: 1_000,
      ...numbers(9, 9),
    },
  ]);
});

test('the sentences name the task as people do', () => {
  const task = { title: 'Clean the cage', jiraId: 'POPUG-42' };
  expect(feeSentence(task)).toBe('Fee for being assigned "[POPUG-42] Clean the cage"');
  expect(rewardSentence({ ...task, jiraId: null })).toBe('Reward for resolving "Clean the cage"');
  expect(payoutSentence('2026-11-20')).toBe('Wages for 2026-11-20 paid out');
});

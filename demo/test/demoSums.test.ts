import { describe, expect, test } from 'vitest';
import { type ClosedBooks, compareBooks } from '../src/day/compareBooks.ts';
import { sumFacts, type TaskFacts } from '../src/day/expectedSums.ts';
import { formatCents, parseCents } from '../src/day/money.ts';
import type { AccountState, EntryState, Figures } from '../src/day/readBooks.ts';

const task = (given: Partial<TaskFacts> & { id: string }): TaskFacts => ({
  title: given.id,
  createdAt: '2026-03-10T09:00:00Z',
  resolvedAt: null,
  assigneeId: 'kiwi',
  feeCents: 1_000,
  rewardCents: 3_000,
  assignments: [{ id: `${given.id}-1`, assigneeId: 'kiwi', reassignmentId: null }],
  ...given,
});
const nothing = { openTaskIds: new Set<string>(), assignmentIds: new Set<string>() };

describe('what the facts make of a day', () => {
  test('each assignment costs its fee, and the reward goes to whoever held the task when it was done', () => {
    const moved = task({
      id: 'a',
      assigneeId: 'rio',
      resolvedAt: '2026-03-10T10:00:00Z',
      assignments: [
        { id: 'a-2', assigneeId: 'rio', reassignmentId: 'r' },
        { id: 'a-1', assigneeId: 'kiwi', reassignmentId: null },
      ],
    });
    const { people, ...sums } = sumFacts([moved, task({ id: 'b' })], nothing);
    expect(people.get('kiwi')).toMatchObject({ feesCents: 2_000, rewardsCents: 0 });
    expect(people.get('rio')).toMatchObject({ feesCents: 1_000, rewardsCents: 3_000 });
    expect(sums).toMatchObject({ tasksCreated: 2, assignments: 3, tasksResolved: 1 });
  });

  test('of a task from before, only what is new counts', () => {
    const old = task({ id: 'a', resolvedAt: '2026-03-10T10:00:00Z' });
    const before = { openTaskIds: new Set(['a']), assignmentIds: new Set(['a-1']) };
    expect(sumFacts([old], before)).toMatchObject({
      tasksCreated: 0,
      assignments: 0,
      feesCents: 0,
      rewardsCents: 3_000,
    });
  });

  test('of the dearest tasks the one resolved first is the dearest', () => {
    const done = (id: string, at: string, rewardCents: number) =>
      task({ id, resolvedAt: `2026-03-10T${at}:00Z`, rewardCents });
    const { dearest } = sumFacts(
      [done('a', '12:00', 4_000), done('b', '11:00', 4_000), done('c', '10:00', 3_900)],
      nothing,
    );
    expect(dearest).toEqual({ rewardCents: 4_000, taskIds: ['b'] });
  });
});

describe('books that are wrong', () => {
  const figures: Figures = {
    today: '2026-03-10',
    feesCents: 0,
    rewardsCents: 0,
    earnedCents: 0,
    paidOutCents: 0,
    analyticsEarnedCents: 0,
    analyticsPaidOutCents: 0,
    tasksCreated: 0,
    tasksResolved: 0,
    assignments: 0,
    employeesInTheRed: 0,
    dearest: null,
  };
  const account: AccountState = {
    id: 'kiwi',
    name: 'Kiwi',
    role: 'EMPLOYEE',
    balanceCents: 0,
    feesCents: 0,
    rewardsCents: 0,
    paidOutCents: 0,
    newestEntryId: null,
    payout: null,
  };
  const before = { accounts: new Map([['kiwi', account]]), figures };
  const expected = sumFacts([task({ id: 'a', resolvedAt: '2026-03-10T10:00:00Z' })], nothing);
  const right: ClosedBooks = {
    accounts: new Map([['kiwi', { ...account, feesCents: 1_000, rewardsCents: 3_000, paidOutCents: 2_000 }]]),
    figures: {
      ...figures,
      feesCents: 1_000,
      rewardsCents: 3_000,
      earnedCents: -2_000,
      paidOutCents: 2_000,
      analyticsEarnedCents: -2_000,
      analyticsPaidOutCents: 2_000,
      tasksCreated: 1,
      tasksResolved: 1,
      assignments: 1,
      dearest: { rewardCents: 3_000, taskId: 'a', title: 'a' },
    },
    entries: new Map([
      [
        'kiwi',
        [
          { kind: 'PAYOUT', amountCents: -2_000, balanceAfterCents: 0, taskId: null },
          { kind: 'COMPLETION_REWARD', amountCents: 3_000, balanceAfterCents: 2_000, taskId: 'a' },
          { kind: 'ASSIGNMENT_FEE', amountCents: -1_000, balanceAfterCents: -1_000, taskId: 'a' },
        ],
      ],
    ]),
    audit: { ok: true, entriesChecked: 3, imbalance: '0.00', mismatchedAccounts: [] },
    payoutRun: { day: '2026-03-10', status: 'COMPLETED', payoutCount: 1, paidTotalCents: 2_000 },
  };

  test('right ones are not complained about', () => {
    expect(compareBooks(expected, before, right)).toEqual([]);
  });

  test('each amount is named with both numbers', () => {
    const kiwi = { ...right.accounts.get('kiwi')!, balanceCents: 1 };
    expect(compareBooks(expected, before, { ...right, accounts: new Map([['kiwi', kiwi]]) })).toEqual([
      'Balance of Kiwi: the books say 0.01, the facts make it 0.00.',
    ]);
  });

  test.each(Object.keys(figures).filter((name) => name !== 'today' && name !== 'dearest'))(
    'a wrong %s is found',
    (name) => {
      const wrong = { ...right.figures, [name]: Number(right.figures[name as keyof Figures]) + 1 };
      expect(compareBooks(expected, before, { ...right, figures: wrong })).toHaveLength(1);
    },
  );

  test('a fee charged twice is found where the sums hide it', () => {
    const [payout, reward, fee] = right.entries.get('kiwi') as [EntryState, EntryState, EntryState];
    const entries = new Map([['kiwi', [payout, reward, fee, { ...fee, balanceAfterCents: -1_000 }]]]);
    expect(compareBooks(expected, before, { ...right, entries })).toContain(
      'Audit log of Kiwi: ASSIGNMENT_FEE of -10.00 for task a: 1 too many.',
    );
  });

  test('a missing account and a ledger out of balance are found', () => {
    const audit = { ...right.audit, ok: false, imbalance: '0.01' };
    expect(compareBooks(expected, before, { ...right, audit })[0]).toContain('0.01');
    expect(compareBooks(expected, before, { ...right, accounts: new Map() })).toContain(
      'Somebody with the id kiwi was charged and has no account.',
    );
  });
});

test('money is cents, there and back', () => {
  for (const money of ['0.00', '-0.05', '12.50', '-12.50', '1000000.01'])
    expect(formatCents(parseCents(money))).toBe(money);
  expect(parseCents('-0.00')).toBe(0);
  expect(() => parseCents('12.5')).toThrow('12.5');
});

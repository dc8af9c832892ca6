import { expect, test } from 'vitest';
import { csvOf, daysOfMonth } from '../src/pages/account/csv.ts';

const entry = {
  id: '1',
  kind: 'ASSIGNMENT_FEE' as const,
  amount: '-12.50',
  balanceAfter: '-12.50',
  day: '2026-02-28',
  occurredAt: '2026-02-28T10:00:00.000Z',
  description: 'Fee for the task Clean the cage',
  task: null,
};

test('entries become lines, whatever their texts hold', () => {
  const odd = { ...entry, description: 'Fee for "a, b"\nand c' };
  expect(csvOf([entry, odd])).toBe(
    'day,occurredAt,kind,amount,balanceAfter,description\r\n' +
      '2026-02-28,2026-02-28T10:00:00.000Z,ASSIGNMENT_FEE,-12.50,-12.50,Fee for the task Clean the cage\r\n' +
      '2026-02-28,2026-02-28T10:00:00.000Z,ASSIGNMENT_FEE,-12.50,-12.50,"Fee for ""a, b""\nand c"\r\n',
  );
});

test('a text is never a formula, and an amount always a number', () => {
  for (const description of ['=1+1', '+1', '-1', '@SUM(A1)'])
    expect(csvOf([{ ...entry, description }]).split('\r\n')[1]).toMatch(/,-12\.50,-12\.50,'/);
});

test('a month has its days', () => {
  expect(daysOfMonth('2026-02')).toHaveLength(28);
  expect(daysOfMonth('2028-02').at(-1)).toBe('2028-02-29');
  expect(daysOfMonth('2026-12')[0]).toBe('2026-12-01');
});

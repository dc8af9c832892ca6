import { expect, test } from 'vitest';
import { rangeOfDays } from '../src/domain/company.ts';
import { billingDay, firstUnclosedDay, postingDay } from '../src/domain/day.ts';

test('the billing day is today, or the day after the last closed one where that is later (rule 10)', () => {
  expect(billingDay('2026-11-20', null, '2026-11-18')).toBe('2026-11-20');
  expect(billingDay('2026-11-20', '2026-11-19', '2026-11-18')).toBe('2026-11-20');
  expect(billingDay('2026-11-20', '2026-11-20', '2026-11-18')).toBe('2026-11-21');
  // The clock was moved back to before the company's first day.
  expect(billingDay('2026-11-17', null, '2026-11-18')).toBe('2026-11-18');
});

test('an entry gets the day it happened in, but never a closed one or one after the billing day (rule 10)', () => {
  const firstUnclosed = firstUnclosedDay('2026-11-18', '2026-11-01');
  expect(firstUnclosed).toBe('2026-11-19');
  expect(postingDay('2026-11-20', firstUnclosed, '2026-11-20')).toBe('2026-11-20');
  expect(postingDay('2026-11-19', firstUnclosed, '2026-11-20')).toBe('2026-11-19');
  expect(postingDay('2026-11-10', firstUnclosed, '2026-11-20')).toBe('2026-11-19');
  expect(postingDay('2026-11-22', firstUnclosed, '2026-11-20')).toBe('2026-11-20');
  expect(postingDay('2026-11-20', '2026-11-21', '2026-11-21')).toBe('2026-11-21');
});

test('a range of days includes both ends, newest first, and is at most 366 days long', () => {
  const range = (from: string | null, to: string | null) =>
    rangeOfDays({ from, to }, '2026-11-20', '2026-11-18');
  expect(range(null, null)).toEqual(['2026-11-20', '2026-11-19', '2026-11-18']);
  expect(range('2026-11-19', '2026-11-20')).toEqual(['2026-11-20', '2026-11-19']);
  expect(range('2026-01-01', '2027-01-01')).toHaveLength(366);
  expect(range(null, '2026-10-10')).toHaveLength(31);
  expect(() => range('2026-01-01', '2027-01-02')).toThrow(/367 days/);
  expect(() => range('2026-11-20', '2026-11-19')).toThrow(/Swap them/);
  // The calendar's first days and its last one.
  expect(range(null, '0001-01-05')).toEqual([5, 4, 3, 2, 1].map((day) => `0001-01-0${day}`));
  expect(range('9999-12-30', null)).toEqual(['9999-12-30']);
});

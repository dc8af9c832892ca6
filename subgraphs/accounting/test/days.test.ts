import { expect, test } from 'vitest';
import { rangeOfDays } from '../src/domain/company.ts';
import { addDays, billingDay, dayOf, daysBetween, firstUnclosedDay, postingDay } from '../src/domain/day.ts';

test('a moment counts towards the day of the company, not of Greenwich', () => {
  expect(dayOf(new Date('2026-11-20T23:30:00Z'), 'UTC')).toBe('2026-11-20');
  expect(dayOf(new Date('2026-11-20T23:30:00Z'), 'Europe/Berlin')).toBe('2026-11-21');
  expect(dayOf(new Date('2026-11-20T07:59:59Z'), 'America/Los_Angeles')).toBe('2026-11-19');
  expect(dayOf(new Date('2026-11-20T10:00:00Z'), 'Pacific/Kiritimati')).toBe('2026-11-21');
});

test('days of 23 and of 25 hours begin and end at midnight of the company', () => {
  const zone = 'Europe/Berlin';
  expect(dayOf(new Date('2026-03-28T22:59:59Z'), zone)).toBe('2026-03-28');
  expect(dayOf(new Date('2026-03-28T23:00:00Z'), zone)).toBe('2026-03-29');
  expect(dayOf(new Date('2026-03-29T21:59:59Z'), zone)).toBe('2026-03-29');
  expect(dayOf(new Date('2026-03-29T22:00:00Z'), zone)).toBe('2026-03-30');
  expect(dayOf(new Date('2026-10-25T22:59:59Z'), zone)).toBe('2026-10-25');
  expect(dayOf(new Date('2026-10-25T23:00:00Z'), zone)).toBe('2026-10-26');
});

test('days are added over ends of months, leap days and changes of the clock', () => {
  expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
  expect(addDays('2026-03-30', -1)).toBe('2026-03-29');
  expect(daysBetween('2026-03-01', '2026-04-01')).toBe(31);
});

test('the billing day is today, or the day after the last closed one where that is later (rule 10)', () => {
  expect(billingDay('2026-11-20', null, '2026-11-18')).toBe('2026-11-20');
  expect(billingDay('2026-11-20', '2026-11-19', '2026-11-18')).toBe('2026-11-20');
  expect(billingDay('2026-11-20', '2026-11-20', '2026-11-18')).toBe('2026-11-21');
  // The company's clock was moved back over its first day.
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
});

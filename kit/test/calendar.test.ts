import { expect, test } from 'vitest';
import { addDays, dayOf, daysBetween, daysSinceMonday } from '../src/process/calendar.ts';

test('the day is the one of the time zone, not of Greenwich', () => {
  expect(dayOf(new Date('2026-11-20T23:30:00Z'), 'UTC')).toBe('2026-11-20');
  expect(dayOf(new Date('2026-11-20T23:30:00Z'), 'Europe/Berlin')).toBe('2026-11-21');
  expect(dayOf(new Date('2026-11-20T07:59:59Z'), 'America/Los_Angeles')).toBe('2026-11-19');
  expect(dayOf('2026-11-20T10:00:00.000Z', 'Pacific/Kiritimati')).toBe('2026-11-21');
  expect(dayOf('2026-11-20T10:00:00.000Z', 'Pacific/Pago_Pago')).toBe('2026-11-19');
});

test('days of 23 and of 25 hours begin and end at midnight', () => {
  const zone = 'Europe/Berlin';
  for (const [moment, day] of [
    ['2026-03-28T22:59:59.999Z', '2026-03-28'],
    ['2026-03-28T23:00:00.000Z', '2026-03-29'],
    ['2026-03-29T21:59:59.999Z', '2026-03-29'],
    ['2026-03-29T22:00:00.000Z', '2026-03-30'],
    ['2026-10-25T22:59:59.999Z', '2026-10-25'],
    ['2026-10-25T23:00:00.000Z', '2026-10-26'],
  ] as const) {
    expect(dayOf(moment, zone), moment).toBe(day);
    expect(dayOf(new Date(moment), zone), moment).toBe(day);
  }
});

test('what was asked for before does not change the answer, in whichever zone', () => {
  const moments = [
    '2026-03-10T23:59:59.999Z',
    '2026-03-10T23:59:00.000Z',
    '2026-03-11T00:00:00.000Z',
    '2026-03-10T23:59:59.999Z',
    '2026-03-10T22:59:59.999Z',
    '2026-03-10T23:00:00.000Z',
    '2026-03-10T23:00:00.000Z',
  ];
  expect(moments.map((moment) => [dayOf(moment, 'UTC'), dayOf(moment, 'Europe/Berlin')])).toEqual([
    ['2026-03-10', '2026-03-11'],
    ['2026-03-10', '2026-03-11'],
    ['2026-03-11', '2026-03-11'],
    ['2026-03-10', '2026-03-11'],
    ['2026-03-10', '2026-03-10'],
    ['2026-03-10', '2026-03-11'],
    ['2026-03-10', '2026-03-11'],
  ]);
  // The same minute, given as a Date.
  expect(dayOf(new Date('2026-03-10T23:00:30Z'), 'Europe/Berlin')).toBe('2026-03-11');
});

test('a moment that does not exist is refused for good, so that it is not tried for ever', () => {
  const refused = expect.objectContaining({ name: 'Refusal', code: 'BAD_USER_INPUT' });
  for (const moment of ['2026-13-01T12:00:00.000Z', new Date(Number.NaN)])
    expect(() => dayOf(moment, 'UTC')).toThrow(refused);
});

test('days are added over ends of months, leap days and changes of the clock', () => {
  expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
  expect(addDays('2026-03-30', -1)).toBe('2026-03-29');
  expect(daysBetween('2026-03-01', '2026-04-01')).toBe(31);
  expect(daysBetween('2026-04-01', '2026-03-01')).toBe(-31);
});

test('no day is before the calendar begins or after it ends: databases know none', () => {
  expect(addDays('0001-01-05', -30)).toBe('0001-01-01');
  expect(addDays('9999-12-30', 7)).toBe('9999-12-31');
});

test('a week begins on Monday', () => {
  expect(daysSinceMonday('2026-03-09')).toBe(0);
  expect(daysSinceMonday('2026-03-15')).toBe(6);
  expect(daysSinceMonday('0001-01-01')).toBe(0);
});

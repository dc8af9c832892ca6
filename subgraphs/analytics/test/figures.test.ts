import { expect, test } from 'vitest';
import {
  checkHasCome,
  checkRange,
  isDearer,
  periodOf,
  type ResolvedTask,
  topManagementEarned,
} from '../src/domain/figures.ts';

const badInput = expect.objectContaining({ name: 'Refusal', code: 'BAD_USER_INPUT' });

const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

test('a week runs from Monday to Sunday, also over the end of a year', () => {
  const week = { from: '2025-12-29', to: '2026-01-04' };
  for (const day of ['2025-12-29', '2025-12-31', '2026-01-01', '2026-01-04']) {
    expect(periodOf('WEEK', day)).toEqual(week);
  }
  expect(periodOf('WEEK', '2026-01-05').from).toBe('2026-01-05');
});

test('a month runs from its first day to its last, in leap years too', () => {
  expect(periodOf('MONTH', '2026-02-14')).toEqual({ from: '2026-02-01', to: '2026-02-28' });
  expect(periodOf('MONTH', '2028-02-29')).toEqual({ from: '2028-02-01', to: '2028-02-29' });
  expect(periodOf('MONTH', '2026-12-31')).toEqual({ from: '2026-12-01', to: '2026-12-31' });
  expect(periodOf('MONTH', '2026-04-30')).toEqual({ from: '2026-04-01', to: '2026-04-30' });
});

test('a day is a period of itself', () => {
  expect(periodOf('DAY', '2026-03-01')).toEqual({ from: '2026-03-01', to: '2026-03-01' });
});

test('periods at the ends of the calendar stay within it', () => {
  expect(periodOf('WEEK', '0001-01-01')).toEqual({ from: '0001-01-01', to: '0001-01-07' });
  expect(periodOf('WEEK', '9999-12-31')).toEqual({ from: '9999-12-27', to: '9999-12-31' });
  expect(periodOf('MONTH', '9999-12-05')).toEqual({ from: '9999-12-01', to: '9999-12-31' });
  expect(thrownBy(() => periodOf('MONTH', '0000-06-01'))).toEqual(badInput);
});

test('a range has one to 366 days, both ends counted', () => {
  expect(checkRange({ from: '2026-03-01', to: '2026-03-01' })).toEqual({
    from: '2026-03-01',
    to: '2026-03-01',
  });
  expect(thrownBy(() => checkRange({ from: '2026-01-01', to: '2027-01-01' }))).toBeUndefined();
  expect(thrownBy(() => checkRange({ from: '2026-01-01', to: '2027-01-02' }))).toEqual(badInput);
  expect(thrownBy(() => checkRange({ from: '2026-03-02', to: '2026-03-01' }))).toEqual(badInput);
  expect(thrownBy(() => checkRange({ from: '0000-12-31', to: '0001-01-01' }))).toEqual(badInput);
});

test('a single day may be today and before, never to come', () => {
  expect(checkHasCome('2026-03-01', '2026-03-01')).toBe('2026-03-01');
  expect(thrownBy(() => checkHasCome('2026-03-02', '2026-03-01'))).toEqual(badInput);
});

test('top management earned the fees less the rewards', () => {
  expect(topManagementEarned(1_500, 4_000)).toBe(-2_500);
});

test('the dearest task does not depend on the order of looking: most reward, then earliest, then lowest id', () => {
  const task = (taskId: string, rewardCents: number, resolvedAt: string): ResolvedTask => ({
    day: '2026-03-01',
    taskId,
    rewardCents,
    resolvedAt: `2026-03-01T${resolvedAt}:00.000Z`,
  });
  const ranked = [
    task('c', 4_000, '12:00'),
    task('a', 3_000, '09:00'),
    task('b', 3_000, '10:00'),
    task('d', 3_000, '10:00'),
  ];
  ranked.forEach((better, at) => {
    for (const worse of ranked.slice(at + 1)) {
      expect(isDearer(better, worse)).toBe(true);
      expect(isDearer(worse, better)).toBe(false);
    }
    expect(isDearer(better, better)).toBe(false);
  });
});

import { addDays, daysBetween, daysSinceMonday, earliestDay, latestDay } from '@ates/kit/process/calendar';
import { Refusal } from '@ates/kit/process/refusal';

/** A task, by id: tracker has the rest of it. */
export interface TaskReference {
  readonly id: string;
}

/** The periods that the dearest task can be asked for (rule 14). */
export type Period = 'DAY' | 'WEEK' | 'MONTH';

/** Days as YYYY-MM-DD, both included. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** The dearest task among those resolved in a period; `reward` in cents. */
export interface MostExpensiveTask extends DayRange {
  readonly period: Period;
  readonly reward: number;
  readonly task: TaskReference;
}

/** A day's figures (rule 14); money in cents. */
export interface AnalyticsDay {
  readonly day: string;
  readonly topManagementEarned: number;
  readonly employeesInTheRed: number;
  readonly tasksCreated: number;
  readonly tasksResolved: number;
  readonly assignments: number;
  readonly paidOut: number;
  readonly mostExpensiveTask: MostExpensiveTask | null;
}

/** A task that was resolved, as a candidate for the dearest of its day. */
export interface ResolvedTask {
  readonly day: string;
  readonly taskId: string;
  readonly rewardCents: number;
  /** ISO 8601 in UTC with milliseconds, so that its text sorts as its time. */
  readonly resolvedAt: string;
}

/** The most days that one range may have (rule 14). */
export const maxRangeDays = 366;

const refuse = (message: string) => new Refusal('BAD_USER_INPUT', message);

/** Returns the number of days of a range, both ends included; below 1 where it ends before it begins. */
const daysIn = ({ from, to }: DayRange): number => daysBetween(from, to) + 1;

/**
 * Checks a range of days. Future days are allowed: the current week or month can be asked for.
 * @throws Refusal BAD_USER_INPUT where the range ends before it begins or has more than 366 days.
 */
export function checkRange(range: DayRange): DayRange {
  checkYear(range.from);
  const days = daysIn(range);
  if (days < 1)
    throw refuse(`The range ends (${range.to}) before it begins (${range.from}). Swap \`from\` and \`to\`.`);
  if (days > maxRangeDays)
    throw refuse(`The range has ${days} days, and at most ${maxRangeDays} can be shown. Ask for fewer.`);
  return range;
}

/** Checks and returns a day. @throws Refusal BAD_USER_INPUT for a day in the future. */
export function checkHasCome(day: string, today: string): string {
  checkYear(day);
  if (day > today) throw refuse(`${day} has not come yet: today is ${today}.`);
  return day;
}

function checkYear(day: string): void {
  if (day < earliestDay) throw refuse(`${day} is before ${earliestDay}, where the calendar begins.`);
}

/**
 * Returns the period that contains a day: the day itself, its week from Monday to Sunday, or its month (rule 14).
 * @throws Refusal BAD_USER_INPUT for a day before the calendar begins.
 */
export function periodOf(period: Period, day: string): DayRange {
  checkYear(day);
  switch (period) {
    case 'DAY':
      return { from: day, to: day };
    case 'WEEK': {
      const sinceMonday = daysSinceMonday(day);
      return { from: addDays(day, -sinceMonday), to: addDays(day, 6 - sinceMonday) };
    }
    case 'MONTH': {
      const month = day.slice(0, 7);
      // 31 days after a month's first day is always in the next month; this one ends the day before that one begins.
      const inNext = addDays(`${month}-01`, 31);
      const to = inNext === latestDay ? inNext : addDays(`${inNext.slice(0, 7)}-01`, -1);
      return { from: `${month}-01`, to };
    }
  }
}

/** Returns what top management earned, in cents: fees charged less rewards paid (rule 12). Payouts do not count. */
export const topManagementEarned = (feesCents: number, rewardsCents: number): number =>
  feesCents - rewardsCents;

/** True where a task is dearer (rule 14): of equal rewards, the first resolved counts, then the lowest id. */
export function isDearer(task: ResolvedTask, other: ResolvedTask): boolean {
  if (task.rewardCents !== other.rewardCents) return task.rewardCents > other.rewardCents;
  if (task.resolvedAt !== other.resolvedAt) return task.resolvedAt < other.resolvedAt;
  return task.taskId < other.taskId;
}

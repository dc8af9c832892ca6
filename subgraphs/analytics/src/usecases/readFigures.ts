import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { dayOf } from '@ates/kit/process/calendar';
import {
  type AnalyticsDay,
  checkHasCome,
  checkRange,
  type DayRange,
  type MostExpensiveTask,
  type Period,
  periodOf,
} from '../domain/figures.ts';
import { findDearest, listDays } from '../repository.ts';
import type { AnalyticsTables } from '../tables.ts';

type Database = Pick<ServiceDatabase<AnalyticsTables>, 'db' | 'clock'>;

/**
 * Returns a day's figures (rule 14), today's where none is given.
 * @throws Refusal BAD_USER_INPUT for a day in the future.
 */
export async function readDay(
  { db, clock }: Database,
  timeZone: string,
  day: string | null,
): Promise<AnalyticsDay> {
  const today = dayOf(clock.now(), timeZone);
  const asked = checkHasCome(day ?? today, today);
  const [figures] = await listDays(db, { from: asked, to: asked }, today);
  if (!figures) throw new Error(`analytics' database has no row for ${asked}`);
  return figures;
}

/**
 * Returns the figures of every day of a range (rule 14), newest first.
 * @throws Refusal BAD_USER_INPUT where the range ends before it begins or has more than 366 days.
 */
export async function readDays(
  { db, clock }: Database,
  timeZone: string,
  range: DayRange,
): Promise<AnalyticsDay[]> {
  return listDays(db, checkRange(range), dayOf(clock.now(), timeZone));
}

/** Returns the dearest task resolved in the period that contains a day, today where none is given (rule 14). */
export async function readMostExpensiveTask(
  { db, clock }: Database,
  timeZone: string,
  period: Period,
  on: string | null,
): Promise<MostExpensiveTask | null> {
  const range = periodOf(period, on ?? dayOf(clock.now(), timeZone));
  const dearest = await findDearest(db, range);
  return dearest ? { period, ...range, ...dearest } : null;
}

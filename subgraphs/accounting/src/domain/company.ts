import { addDays, daysBetween } from '@ates/kit/process/calendar';
import { Refusal } from '@ates/kit/process/refusal';

/** What every use case knows of the company's books. */
export interface Company {
  /** The first day, fixed when the books were opened. */
  readonly firstDay: string;
  /** The key that prices are drawn with (rule 7). */
  readonly priceKey: string;
  /** The company's time zone, such as `Europe/Berlin`. */
  readonly timeZone: string;
}

/** A day's sums over all accounts. */
export interface CompanyDay {
  readonly day: string;
  readonly feesCents: number;
  readonly rewardsCents: number;
  readonly paidOutCents: number;
  /** True once the day's payout run is complete. */
  readonly closed: boolean;
}

/** Returns what top management earned on a day: fees charged less rewards paid (rule 12). */
export const earnedCents = (day: CompanyDay): number => day.feesCents - day.rewardsCents;

/** The most days that one query may ask for. */
export const maxDays = 366;

/**
 * Returns the days of a range, newest first. Without an end, it ends with the billing day. Without a beginning, it has
 * 31 days, or fewer where the company or the calendar begins later.
 * @throws Refusal BAD_USER_INPUT where the range ends before it begins or is over 366 days long.
 */
export function rangeOfDays(
  given: { from: string | null; to: string | null },
  billing: string,
  firstDay: string,
): string[] {
  const to = given.to ?? (given.from !== null && given.from > billing ? given.from : billing);
  const monthBack = addDays(to, -30);
  const from = given.from ?? (monthBack < firstDay && firstDay <= to ? firstDay : monthBack);
  const length = daysBetween(from, to) + 1;
  if (length < 1) throw new Refusal('BAD_USER_INPUT', `"from" (${from}) is after "to" (${to}). Swap them.`);
  if (length > maxDays)
    throw new Refusal(
      'BAD_USER_INPUT',
      `From ${from} to ${to} are ${length} days; ask for at most ${maxDays}.`,
    );
  return Array.from({ length }, (_, at) => addDays(to, -at));
}

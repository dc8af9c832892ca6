import { addDays } from '@ates/kit/process/calendar';

const later = (one: string, other: string) => (one > other ? one : other);
const earlier = (one: string, other: string) => (one < other ? one : other);

/** Returns the first unclosed day: days close in order and without gaps, from the company's first (rule 10). */
export const firstUnclosedDay = (lastClosed: string | null, firstDay: string): string =>
  lastClosed === null ? firstDay : addDays(lastClosed, 1);

/** Returns the billing day: the later of today and the first unclosed day (rule 10). */
export const billingDay = (today: string, lastClosed: string | null, firstDay: string): string =>
  later(today, firstUnclosedDay(lastClosed, firstDay));

/** Returns the day that an entry counts towards: the open day nearest to the day of its fact (rule 10). */
export const postingDay = (happened: string, firstUnclosed: string, billing: string): string =>
  earlier(later(happened, firstUnclosed), billing);

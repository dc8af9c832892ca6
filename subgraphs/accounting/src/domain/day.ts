import { addDays } from '@ates/kit/process/calendar';

const later = (one: string, other: string) => (one > other ? one : other);
const earlier = (one: string, other: string) => (one < other ? one : other);

/** The first day that is not closed: days close in order and without gaps, from the company's first (rule 10). */
export const firstUnclosedDay = (lastClosed: string | null, firstDay: string): string =>
  lastClosed === null ? firstDay : addDays(lastClosed, 1);

/** The billing day: the later of today and the first day that is not closed (rule 10). */
export const billingDay = (today: string, lastClosed: string | null, firstDay: string): string =>
  later(today, firstUnclosedDay(lastClosed, firstDay));

/** The day an entry counts towards: the day it happened in, but only one that is open (rule 10). */
export const postingDay = (happened: string, firstUnclosed: string, billing: string): string =>
  earlier(later(happened, firstUnclosed), billing);

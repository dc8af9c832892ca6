const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs a hundred times as much as using it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** The minute that was asked for last and its day, by time zone. */
const lastMinutes = new Map<string, { minute: number; day: string }>();

/**
 * The calendar day, YYYY-MM-DD, of a moment in a time zone. Since 1972 every zone's midnight is at a whole minute, and
 * a batch's facts mostly share theirs: asking `Intl` for each would be a tenth of the work of posting them.
 */
export function dayOf(moment: Date, timeZone: string): string {
  const minute = Math.floor(moment.getTime() / 60_000);
  const last = lastMinutes.get(timeZone);
  if (last?.minute === minute) return last.day;
  const parts = { year: '', month: '', day: '' };
  for (const { type, value } of formatOf(timeZone).formatToParts(moment)) {
    if (type === 'year' || type === 'month' || type === 'day') parts[type] = value;
  }
  const day = `${parts.year.padStart(4, '0')}-${parts.month}-${parts.day}`;
  lastMinutes.set(timeZone, { minute, day });
  return day;
}

const dayMs = 86_400_000;
const toMs = (day: string) => Date.parse(`${day}T00:00:00Z`);

/** The day so many calendar days later, or earlier. No time zone has a part in it. */
export const addDays = (day: string, days: number): string =>
  new Date(toMs(day) + days * dayMs).toISOString().slice(0, 10);

/** How many days `to` comes after `from`. */
export const daysBetween = (from: string, to: string): number => Math.round((toMs(to) - toMs(from)) / dayMs);

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

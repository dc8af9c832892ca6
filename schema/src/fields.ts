import { z } from 'zod';
import { roles } from './access.ts';
import { withGlance } from './glance.ts';

const matches = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);
const isInteger = (min: number, max: number) => (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A UUID in lower case. */
export const id = () => withGlance(z.string().regex(uuid), matches(uuid));

const momentPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** The last moment that was found to exist: most facts of a batch have the same one. */
let existing = '';
const exists = (moment: string) => {
  if (moment === existing) return true;
  const date = new Date(moment);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== moment) return false;
  existing = moment;
  return true;
};
/**
 * A moment, as ISO 8601 in UTC with milliseconds. One that does not exist is refused here, as poison: code that
 * computes with it would throw an unexpected error, which is retried without end.
 */
export const moment = () =>
  withGlance(
    z.string().regex(momentPattern).refine(exists, 'is not a moment that exists'),
    (value) => typeof value === 'string' && momentPattern.test(value) && exists(value),
  );

const dayPattern = /^\d{4}-\d{2}-\d{2}$/;
/** A calendar day in the company's time zone, YYYY-MM-DD. */
export const day = () => withGlance(z.string().regex(dayPattern), matches(dayPattern));

const mostCents = 9_000_000_000_000;
const integer = (min: number, max: number) => withGlance(z.int().min(min).max(max), isInteger(min, max));
/** Money in whole cents, far below the largest number that JavaScript holds exactly. */
export const cents = () => integer(-mostCents, mostCents);
export const positiveCents = () => integer(1, mostCents);
export const count = (min = 0) => withGlance(z.int().min(min), isInteger(min, Number.MAX_SAFE_INTEGER));
export const role = () => z.enum(roles);

const longestText = 10_000;
/** Text that users typed; its length is limited where they type it. */
export const text = () =>
  withGlance(
    z.string().max(longestText),
    (value) => typeof value === 'string' && value.length <= longestText,
  );

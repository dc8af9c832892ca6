import { z } from 'zod';
import { roles } from './access.ts';

/** A UUID in lower case. */
export const id = () => z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
/**
 * A moment, as ISO 8601 in UTC with milliseconds. One that does not exist is refused here, where it is poison: what
 * computes with it would throw a surprise, which is tried again without end.
 */
export const moment = () =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
    .refine(exists, 'is no moment that exists');
/** The last one that existed: the facts of a batch mostly happened at one moment. */
let existing = '';
const exists = (moment: string) => {
  if (moment === existing) return true;
  const date = new Date(moment);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== moment) return false;
  existing = moment;
  return true;
};
/** A calendar day in the company's time zone, YYYY-MM-DD. */
export const day = () => z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
/** Money in cents; whole, and far below what a JavaScript number holds exactly. */
export const cents = () => z.int().min(-9_000_000_000_000).max(9_000_000_000_000);
export const positiveCents = () => z.int().min(1).max(9_000_000_000_000);
export const count = () => z.int().min(0);
export const role = () => z.enum(roles);
/** Text that people typed; its length is limited where it is typed. */
export const text = () => z.string().max(10_000);

import { z } from 'zod';
import { minBeakShapeLength, parseBeakShape, parseLogin } from './domain/user.ts';

/** Whether one of the domain's parsers takes a text. */
const isTakenBy = (parse: (text: string) => string) => (text: string) => {
  try {
    return Boolean(parse(text));
  } catch {
    return false;
  }
};

/** The first admin of a company that begins without users; the supervisor reads them, too, before it starts anything. */
export const firstAdminSettings = {
  /** The first admin's login, with SEED=none. */
  ADMIN_LOGIN: z
    .string()
    .refine(
      isTakenBy(parseLogin),
      'must be 2 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit',
    )
    .default('admin'),
  /** The first admin's beak shape; without it one is made up and shown once. */
  ADMIN_BEAK_SHAPE: z
    .string()
    .refine(isTakenBy(parseBeakShape), `must have ${minBeakShapeLength} to 1,000 characters`)
    .optional(),
};

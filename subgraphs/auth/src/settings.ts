import { z } from 'zod';
import { minBeakShapeLength, parseBeakShape, parseLogin } from './domain/user.ts';

/** Returns a check that is true where a parser of the domain accepts the text. */
const isTakenBy = (parse: (text: string) => string) => (text: string) => {
  try {
    return Boolean(parse(text));
  } catch {
    return false;
  }
};

/** The first admin of a company without users. The supervisor reads this too, before it starts anything. */
export const firstAdminSettings = {
  /** The first admin's login, with SEED=none. */
  ADMIN_LOGIN: z
    .string()
    .refine(
      isTakenBy(parseLogin),
      'must be 2 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit',
    )
    .default('admin'),
  /** The first admin's beak shape. Without it, a random one is made and shown once. */
  ADMIN_BEAK_SHAPE: z
    .string()
    .refine(isTakenBy(parseBeakShape), `must have ${minBeakShapeLength} to 1,000 characters`)
    .optional(),
};

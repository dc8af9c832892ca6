import { gatewaySecretSettings } from '@ates/kit/gatewaySecret';
import { poolSize, port, processSettings, subgraphSettings, url } from '@ates/kit/settings';
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

/** Settings of the auth subgraph's process. */
export const authSettings = {
  ...processSettings,
  ...subgraphSettings,
  ...firstAdminSettings,
  /** The port of its graph; 0, the default, is a free one. */
  PORT: port().default(0),
  /** Auth's database, with the application's role. */
  AUTH_DATABASE_URL: url('postgres', 'postgresql'),
  /** The most connections to it; 10 unless set. */
  DATABASE_POOL_SIZE: poolSize().optional(),
  ...gatewaySecretSettings,
  /** How a company without users begins: `demo` (log-ins that everybody knows) or `none` (one admin). */
  SEED: z.enum(['demo', 'none'], 'must be demo or none').default('none'),
};
export type AuthSettings = z.infer<z.ZodObject<typeof authSettings>>;

import { gatewaySecretSettings } from '@ates/kit/gatewaySecret';
import { redisSettings } from '@ates/kit/redis';
import { poolSize, port, processSettings, subgraphSettings, timeZone, url } from '@ates/kit/settings';
import { z } from 'zod';

/** Settings of the accounting subgraph's process. */
export const accountingSettings = {
  ...processSettings,
  ...subgraphSettings,
  /** The port of its graph; 0, the default, is a free one. */
  PORT: port().default(0),
  /** Accounting's database, with the application's role. */
  ACCOUNTING_DATABASE_URL: url('postgres', 'postgresql'),
  /** The most connections to it; 10 unless set. */
  DATABASE_POOL_SIZE: poolSize().optional(),
  /** A direct URL of the same database for LISTEN, where the one above leads to a pooler that shares connections. */
  ACCOUNTING_LISTEN_URL: url('postgres', 'postgresql').optional(),
  /** Where auth publishes the keys that tokens are verified with. */
  JWKS_URL: url('http', 'https'),
  ...gatewaySecretSettings,
  /** What live views are told by that they are to be read again; without it, by the database. As the workers have it. */
  ...redisSettings,
  /** The company's time zone: what day it is. As the workers have it. */
  COMPANY_TIME_ZONE: timeZone().default('UTC'),
  /** What prices are drawn with (rule 7); without it, one is made and kept in the database. As the workers have it. */
  PRICE_KEY: z.string().optional(),
};
export type AccountingSettings = z.infer<z.ZodObject<typeof accountingSettings>>;

import { gatewaySecretSettings } from '@ates/kit/gatewaySecret';
import { redisSettings } from '@ates/kit/redis';
import { poolSize, port, processSettings, subgraphSettings, timeZone, url } from '@ates/kit/settings';
import type { z } from 'zod';

/** Settings of the analytics subgraph's process. */
export const analyticsSettings = {
  ...processSettings,
  ...subgraphSettings,
  /** The port of its graph; 0, the default, is a free one. */
  PORT: port().default(0),
  /** Analytics' database, with the application's role. */
  ANALYTICS_DATABASE_URL: url('postgres', 'postgresql'),
  /** The most connections to it; 10 unless set. */
  DATABASE_POOL_SIZE: poolSize().optional(),
  /** A direct URL of the same database for LISTEN, where the one above leads to a pooler that shares connections. */
  ANALYTICS_LISTEN_URL: url('postgres', 'postgresql').optional(),
  /** Where auth publishes the keys that tokens are verified with. */
  JWKS_URL: url('http', 'https'),
  ...gatewaySecretSettings,
  /** What live views are told by that they are to be read again; without it, by the database. As the workers have it. */
  ...redisSettings,
  /** Decides which day it is, and which day something happened in. */
  COMPANY_TIME_ZONE: timeZone().default('UTC'),
};
export type AnalyticsSettings = z.infer<z.ZodObject<typeof analyticsSettings>>;

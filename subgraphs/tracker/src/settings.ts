import { gatewaySecretSettings } from '@ates/kit/gatewaySecret';
import { redisSettings } from '@ates/kit/redis';
import { poolSize, port, processSettings, subgraphSettings, url } from '@ates/kit/settings';
import type { z } from 'zod';

/** Settings of the tracker subgraph's process. */
export const trackerSettings = {
  ...processSettings,
  ...subgraphSettings,
  /** The port of its graph; 0, the default, is a free one. */
  PORT: port().default(0),
  /** Tracker's database, with the application's role. */
  TRACKER_DATABASE_URL: url('postgres', 'postgresql'),
  /** The most connections to it; 10 unless set. */
  DATABASE_POOL_SIZE: poolSize().optional(),
  /** A direct URL of the same database for LISTEN, where the one above leads to a pooler that shares connections. */
  TRACKER_LISTEN_URL: url('postgres', 'postgresql').optional(),
  /** Where auth publishes the keys that tokens are verified with. */
  JWKS_URL: url('http', 'https'),
  ...gatewaySecretSettings,
  /** What live views are told by that they are to be read again; without it, by the database. As the workers have it. */
  ...redisSettings,
};
export type TrackerSettings = z.infer<z.ZodObject<typeof trackerSettings>>;

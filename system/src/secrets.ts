import { createHmac } from 'node:crypto';
import type { Log } from '@ates/kit/process/log';
import type { SystemSettings } from './settings.ts';
import type { DatabaseService } from './stores/provision.ts';
import { findSecret, loadSecret } from './stores/secrets.ts';
import { isEmbedded } from './stores.ts';

/**
 * Returns the secret that the database roles' passwords are derived from: `DATABASE_SECRET`, or one that is made once
 * and kept in `DATA_DIR`. No part gets it. Before this secret existed, passwords were derived from `INTERNAL_SECRET`.
 * In an embedded PostgreSQL the passwords are set anew at each start, and its parts get the new ones. On an outside
 * server, processes apart may have the old ones in their URLs. There they stay until a `DATABASE_SECRET` is set, with
 * a warning.
 *
 * Called before `internalSecretOf`, which makes the secret by which an old `DATA_DIR` is recognised.
 */
export function databaseSecretOf(settings: SystemSettings, log: Log): string {
  const { DATA_DIR, DATABASE_SECRET, INTERNAL_SECRET } = settings;
  if (DATABASE_SECRET !== undefined) return DATABASE_SECRET;
  if (isEmbedded(settings)) return loadSecret(DATA_DIR, 'databaseSecret');
  // In this order: another first start may be making both secrets, and it makes the internal one last.
  const before = INTERNAL_SECRET ?? findSecret(DATA_DIR, 'internalSecret');
  const own = INTERNAL_SECRET === undefined ? findSecret(DATA_DIR, 'databaseSecret') : undefined;
  if (before === undefined || own !== undefined) return own ?? loadSecret(DATA_DIR, 'databaseSecret');
  log.warn(
    'DATABASE_SECRET is not set, so the passwords of the databases are still derived from INTERNAL_SECRET, and a part that has that secret can open every database: set DATABASE_SECRET to a secret that no part gets, run npm run migrate -- --print-urls, and start everything with the URLs that it prints.',
  );
  return before;
}

/** Returns the source of each `pairSecret`: `INTERNAL_SECRET`, or a secret that is made once and kept in `DATA_DIR`. */
export const internalSecretOf = ({ DATA_DIR, INTERNAL_SECRET }: SystemSettings): string =>
  INTERNAL_SECRET ?? loadSecret(DATA_DIR, 'internalSecret');

/** Returns the secret that the gateway shows to one subgraph. It reveals neither another one nor its source. */
export const pairSecret = (internalSecret: string, subgraph: DatabaseService): string =>
  createHmac('sha256', internalSecret).update(`gateway→${subgraph}`).digest('hex');

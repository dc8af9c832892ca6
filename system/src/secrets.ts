import { createHmac } from 'node:crypto';
import type { Log } from '@ates/kit/process/log';
import type { SystemSettings } from './settings.ts';
import type { DatabaseService } from './stores/provision.ts';
import { findSecret, loadSecret } from './stores/secrets.ts';
import { isEmbedded } from './stores.ts';

/**
 * What the passwords of the databases' roles are derived from: `DATABASE_SECRET`, or one that is made once and kept in
 * `DATA_DIR`. No part gets it. Before it existed, passwords were derived from `INTERNAL_SECRET`. In an embedded
 * PostgreSQL they are set anew at each start, which gives its parts the new ones. On a server of others, processes apart
 * may have them in their URLs: there they stay as they are until a `DATABASE_SECRET` is set, with a warning.
 *
 * Called before `internalSecretOf`, which makes the secret that an old `DATA_DIR` is known by.
 */
export function databaseSecretOf(settings: SystemSettings, log: Log): string {
  const { DATA_DIR, DATABASE_SECRET, INTERNAL_SECRET } = settings;
  if (DATABASE_SECRET !== undefined) return DATABASE_SECRET;
  if (isEmbedded(settings)) return loadSecret(DATA_DIR, 'databaseSecret');
  // In this order: of two first starts at once, the other may be making them, this one last.
  const before = INTERNAL_SECRET ?? findSecret(DATA_DIR, 'internalSecret');
  const own = INTERNAL_SECRET === undefined ? findSecret(DATA_DIR, 'databaseSecret') : undefined;
  if (before === undefined || own !== undefined) return own ?? loadSecret(DATA_DIR, 'databaseSecret');
  log.warn(
    'DATABASE_SECRET is not set, so the passwords of the databases are still derived from INTERNAL_SECRET, and a part that has it can open them all: set DATABASE_SECRET to a secret that no part gets, and start everything with the URLs that npm run migrate -- --print-urls prints then.',
  );
  return before;
}

/** What the secrets of pairs are derived from: `INTERNAL_SECRET`, or one that is made once and kept in `DATA_DIR`. */
export const internalSecretOf = ({ DATA_DIR, INTERNAL_SECRET }: SystemSettings): string =>
  INTERNAL_SECRET ?? loadSecret(DATA_DIR, 'internalSecret');

/** What the gateway proves itself with to one subgraph. It tells neither another pair's nor what it is derived from. */
export const pairSecret = (internalSecret: string, subgraph: DatabaseService): string =>
  createHmac('sha256', internalSecret).update(`gateway→${subgraph}`).digest('hex');

import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Log } from '../process/log.ts';
import { SettingError } from '../process/settings.ts';
import { boundedClient, SharedSessionError } from './boundedClient.ts';
import { type SessionKind, sessionKindOf } from './session.ts';

/** When an idle connection is probed, in milliseconds: by default a machine that is gone is noticed after two hours. */
export const keepAliveAfterMs = 10_000;

/** What a pool is for decides how long a statement may take. */
export interface DatabaseOptions {
  /** Connections at most. */
  readonly poolSize: number;
  /** No statement runs longer, in milliseconds, unless `allowLongStatements` lets its transaction. */
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /**
   * Whether a connection keeps the plans of its statements, for pools that run a few dozen statements over and over:
   * bulk batches went 6 to 14 % quicker. Not through a pooler that shares connections (see `SessionKind`).
   */
  readonly prepare?: boolean;
}

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') => {
    if (oid === pg.types.builtins.INT8) return parseInteger;
    if (oid === pg.types.builtins.DATE) return (text: string) => text;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as typeof pg.types.getTypeParser,
};

function parseInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new Error(`the database holds ${text}, more than a number holds exactly`);
  return value;
}

/** Opens a pool on one service's database. `bigint` arrives as a number, `date` as YYYY-MM-DD. */
export function openDatabase<Tables>(
  url: string,
  options: DatabaseOptions,
  log: Log,
  sessionKind: () => Promise<SessionKind> = sessionKindOf(url),
): Kysely<Tables> {
  const { statementTimeoutMs, prepare = false } = options;
  const pool = new pg.Pool({
    Client: boundedClient({ statementTimeoutMs, prepare, sessionKind }),
    connectionString: url,
    max: options.poolSize,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    application_name: options.applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    types,
  });
  pool.on('error', (error) =>
    log.warn(`a connection to the database was lost (${error.message}); the next statement opens another`),
  );
  // The pool listens to idle connections only. One that is lost in mid-transaction fails its statement, which is told
  // there; without a listener of its own it would end the whole process, too.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** Where a service's database is, from its settings. */
export interface DatabaseLocation {
  readonly url: string;
  /** A direct URL of the same database for LISTEN, where `url` leads to a pooler; `<SERVICE>_LISTEN_URL`. */
  readonly listenUrl: string | undefined;
  /** The setting that the URL comes from, for sentences. */
  readonly setting: `${string}_DATABASE_URL`;
}

/** A pool on a service's database, as one of its processes has opened it. */
export interface OpenedDatabase<Tables> {
  readonly db: Kysely<Tables>;
  /** Where LISTEN is heard; undefined where it is not, and the process looks for work at intervals only. */
  readonly listenUrl: string | undefined;
}

/**
 * Opens a service's database after it has been found out what its connections can do. Through a pooler that shares
 * them, LISTEN needs a URL of its own; without one the process polls, which is logged once.
 * @throws SettingError where statements are to be prepared on connections that are shared, or where the URL for LISTEN
 * is no direct one. A database that does not answer is no reason not to start; each connection looks for itself then.
 */
export async function openServiceDatabase<Tables>(
  { url, setting, listenUrl }: DatabaseLocation,
  options: DatabaseOptions,
  log: Log,
): Promise<OpenedDatabase<Tables>> {
  const sessionKind = sessionKindOf(url);
  const kind = await sessionKind().catch(() => undefined);
  if (kind === 'shared' && options.prepare)
    throw new SettingError(`${setting} cannot be used as it is: ${new SharedSessionError().message}.`);
  const listenSetting = setting.replace('_DATABASE_URL', '_LISTEN_URL');
  if (listenUrl && (await sessionKindOf(listenUrl)().catch(() => undefined)) === 'shared') {
    throw new SettingError(
      `${listenSetting} must lead to the database directly: it goes through a pooler that gives each transaction another connection, where LISTEN hears nothing.`,
    );
  }
  if (kind === 'shared' && !listenUrl) {
    log.info(
      `${setting} leads to a pooler that shares connections, where LISTEN hears nothing: work is looked for at intervals instead; set ${listenSetting} to a direct URL to have it done at once`,
    );
  }
  return {
    db: openDatabase<Tables>(url, options, log, sessionKind),
    listenUrl: listenUrl ?? (kind === 'shared' ? undefined : url),
  };
}

import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Log } from '../process/log.ts';
import { SettingError } from '../process/settings.ts';
import { boundedClient, SharedSessionError } from './boundedClient.ts';
import { type SessionKind, sessionKindOf } from './session.ts';

/** After how long an idle connection is probed, in milliseconds. By default a dead machine is noticed after two hours. */
export const keepAliveAfterMs = 10_000;

/** Options of a pool. */
export interface DatabaseOptions {
  /** The most connections. */
  readonly poolSize: number;
  /** How long a statement may take, in milliseconds; see `allowLongStatements` for exceptions. */
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /**
   * True to prepare statements, for pools that repeat a few dozen of them: bulk batches became 6 to 14 % faster. Not
   * possible through a pooler that shares connections (see `SessionKind`).
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
  // The pool listens to idle connections only. A connection that is lost during a transaction fails its statement;
  // without this listener it would also end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** Where a service's database is. */
export interface DatabaseLocation {
  readonly url: string;
  /** A direct URL of the same database for LISTEN, where `url` leads to a pooler; `<SERVICE>_LISTEN_URL`. */
  readonly listenUrl: string | undefined;
  /** The setting of the URL, for messages. */
  readonly setting: `${string}_DATABASE_URL`;
}

/** A service's database, opened. */
export interface OpenedDatabase<Tables> {
  readonly db: Kysely<Tables>;
  /** A URL where LISTEN works; undefined where there is none, and loops look at their intervals only. */
  readonly listenUrl: string | undefined;
}

/**
 * Finds out what connections to a service's database can do, and opens it. Through a pooler that shares connections, LISTEN
 * needs another URL; without one the process polls, which is logged once. Where the database does not answer, the process
 * starts all the same, and each connection finds out by itself.
 * @throws SettingError where statements are to be prepared on shared connections, or where the URL for LISTEN leads to such.
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

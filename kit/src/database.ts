import { Kysely, PostgresDialect, type QueryExecutorProvider, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { boundedClient, isOutdatedPlan, SharedSessionError } from './boundedClient.ts';
import type { Log } from './log.ts';
import { type SessionKind, sessionKindOf } from './session.ts';
import { SettingError } from './settings.ts';

/** When an idle connection is probed, in milliseconds: by default a machine that is gone is noticed after two hours. */
const keepAliveAfterMs = 10_000;

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

/**
 * The loops that a process can wake in the other processes of its service, by a notification (NOTIFY) after a commit.
 * A notification carries nothing: the loop looks into the database.
 */
export const loopNames = ['outbox_interactive', 'outbox_bulk', 'runs', 'mail', 'dead_letters'] as const;
export type LoopName = (typeof loopNames)[number];

/**
 * Lets the statements of this transaction take longer than the pool lets others, in milliseconds: on the server, and
 * on the client, which reads along.
 */
export async function allowLongStatements<Tables>(
  trx: Transaction<Tables>,
  timeoutMs: number,
): Promise<void> {
  await sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`.execute(trx);
}

/**
 * What a transaction selects once so that its statements join by indexes, as they are meant to; for this transaction
 * only. A plan is kept per connection: one made while a table was small would scan it from end to end ever after.
 */
export const joinsByIndex = sql`set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`;

const maxTransactionTries = 5;

/**
 * Runs one transaction (READ COMMITTED). What changed nothing and may succeed the next time is tried again. Use cases
 * use `ServiceDatabase.transact`, which gives them a unit of work.
 */
export async function inTransaction<Tables, Result>(
  db: Kysely<Tables>,
  run: (trx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(run);
    } catch (error) {
      if (tries >= maxTransactionTries || !mayBeTriedAgain(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * tries));
    }
  }
}

/** True for a serialisation failure, a deadlock, and a plan that a migration has made out of date. */
const mayBeTriedAgain = (error: unknown): boolean =>
  ['40001', '40P01'].includes(sqlState(error) ?? '') || isOutdatedPlan(error);

/**
 * Sends notifications on a service's database, outside of transactions: `NOTIFY` inside would serialise every commit of
 * the database. At most one is under way per loop, and one more waits behind it.
 */
export class Notifier {
  readonly #db: QueryExecutorProvider;
  readonly #states = new Map<LoopName, 'sending' | 'again'>();

  constructor(db: QueryExecutorProvider) {
    this.#db = db;
  }

  notify(loop: LoopName): void {
    if (this.#states.has(loop)) {
      this.#states.set(loop, 'again');
      return;
    }
    this.#states.set(loop, 'sending');
    sql`select pg_notify(${loop}, '')`
      .execute(this.#db)
      // One that is lost costs the time until the loop's next interval, and nothing else.
      .catch(() => undefined)
      .finally(() => {
        const again = this.#states.get(loop) === 'again';
        this.#states.delete(loop);
        if (again) this.notify(loop);
      });
  }
}

/** Hears which loops to wake, on a connection of its own, which is opened again when it is lost; nothing without a URL. */
export function listenForWakes(
  url: string | undefined,
  onWake: (loop: LoopName) => void,
  log: Log,
): { stop(): Promise<void> } {
  if (url === undefined) return { stop: async () => undefined };
  return listenToDatabase(url, {
    channels: loopNames,
    applicationName: 'notifications',
    onMessage: (loop) => onWake(loop as LoopName),
    // For what was sent while nobody listened.
    onListening: () => {
      for (const loop of loopNames) onWake(loop);
    },
    log,
  });
}

/** Listens to notifications on a connection of its own, and opens another where that one is lost. */
export function listenToDatabase(
  url: string,
  options: {
    channels: readonly string[];
    applicationName: string;
    onMessage: (channel: string, payload: string) => void;
    /** From now on it listens, for the first time or again: what was said before has been missed. */
    onListening: () => void;
    log: Log;
  },
): { stop(): Promise<void> } {
  const { channels, applicationName, onMessage, onListening, log } = options;
  let client: pg.Client | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const connect = async () => {
    const next = new pg.Client({
      connectionString: url,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveAfterMs,
      connectionTimeoutMillis: 5_000,
      application_name: applicationName,
    });
    let lost = false;
    const retry = () => {
      if (lost || stopped) return;
      lost = true;
      timer = setTimeout(connect, 1_000);
    };
    next.on('error', (error) => {
      log.warn(
        `the connection for ${applicationName} was lost (${error.message}); sweeps go on, and it is opened again`,
      );
      retry();
    });
    next.on('end', retry);
    next.on('notification', ({ channel, payload }) => onMessage(channel, payload ?? ''));
    try {
      await next.connect();
      if (stopped) return void (await next.end());
      client = next;
      await next.query(channels.map((channel) => `listen ${channel}`).join('; '));
      onListening();
    } catch {
      retry();
    }
  };
  void connect();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}

/** The SQLSTATE of an error that PostgreSQL raised. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

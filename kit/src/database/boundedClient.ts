import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import pg from 'pg';
import type { SessionKind } from './session.ts';

/** How much longer than the server a client waits for a statement, in milliseconds. */
const graceMs = 5_000;

/** How long a transaction may be idle between two statements, in milliseconds. */
const idleInTransactionMs = 30_000;

export interface BoundedClientOptions {
  /** How long a statement may take, in milliseconds. */
  readonly statementTimeoutMs: number;
  /** Whether the connection keeps the plans of its statements. */
  readonly prepare: boolean;
  /** Finds out how long session settings last on this connection. */
  readonly sessionKind: () => Promise<SessionKind>;
}

/** Statements cannot be prepared on this connection, since a pooler shares it between clients. */
export class SharedSessionError extends Error {
  override name = 'SharedSessionError';
  constructor() {
    super(
      'it is reached through a pooler that gives each transaction another connection (as PgBouncer does with pool_mode=transaction), where prepared statements are mixed up: set PREPARE=off, or give a direct URL',
    );
  }
}

/**
 * A PostgreSQL client that bounds the time of statements on both sides.
 *
 * The server ends a statement after `statementTimeoutMs`. On a session of our own this is set once per connection; through
 * a pooler that shares sessions, at the start of each transaction, in the same round trip. It is not a connection
 * parameter, since poolers refuse unknown ones.
 *
 * The client closes its connection where the server is silent for longer: the server or the network hangs. *Instead:* pg's
 * own `query_timeout` fails the statement but keeps the client (pg 8.23), so that the pool uses it again with the old
 * statement still in front of each new one; and it does not know of transactions that are allowed more time.
 */
export function boundedClient(options: BoundedClientOptions): typeof pg.Client {
  const { statementTimeoutMs, prepare, sessionKind } = options;
  const limits = (scope: 'session' | 'local') =>
    `set ${scope} statement_timeout = ${statementTimeoutMs}; set ${scope} idle_in_transaction_session_timeout = ${idleInTransactionMs}`;

  return class BoundedClient extends pg.Client {
    #waiting = 0;
    #boundMs = statementTimeoutMs + graceMs;
    #silence: NodeJS.Timeout | undefined;
    #begin = 'begin';
    #inTransaction = false;
    /** Statements whose plans turned out to be out of date in this transaction. */
    #outdated: string[] = [];

    override connect(): Promise<pg.Client>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): Promise<pg.Client> | undefined {
      // The pool adds its listener later. Without one, an error before that would end the process.
      this.on('error', () => undefined);
      const connected = super.connect().then(async () => {
        const kind = await sessionKind();
        if (kind === 'shared' && prepare) throw new SharedSessionError();
        if (kind === 'shared') this.#begin = `begin; ${limits('local')}`;
        else await super.query(limits('session'));
        return this as pg.Client;
      });
      if (!callback) return connected;
      connected.then(() => (callback as () => void)(), callback);
      return undefined;
    }

    // biome-ignore lint/suspicious/noExplicitAny: whatever pg takes
    override query(...given: any[]): any {
      const text = typeof given[0] === 'string' ? given[0] : String(given[0]?.text ?? '');
      // `allowLongStatements` raises the bound until the transaction ends.
      if (text.includes(`set_config('statement_timeout'`)) this.#boundMs = Number(given[1]?.[0]) + graceMs;
      if (text === 'begin') this.#inTransaction = true;
      const answer = text === 'begin' ? super.query(this.#begin) : this.#ask(given);
      // Only queries that return promises are bounded; nothing here uses callbacks.
      if (typeof answer?.then !== 'function') return answer;
      if (this.#waiting++ === 0) this.#listen();
      const answered = () => {
        this.#waiting--;
        this.#listen();
      };
      answer.then(answered, answered);
      return text === 'commit' || text === 'rollback' ? this.#ended(text, answer) : answer;
    }

    /** Sends a statement, prepared if wanted, and again if its plan is out of date. */
    // biome-ignore lint/suspicious/noExplicitAny: as above
    #ask(given: any[]): any {
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const send = super.query as (...given: any[]) => any;
      const statement = prepare ? prepared(given) : undefined;
      if (!statement) return send.apply(this, given);
      return send.call(this, statement).catch(async (error: unknown) => {
        if (!isOutdatedPlan(error)) throw error;
        if (this.#inTransaction) {
          this.#outdated.push(statement.name);
          throw error;
        }
        await this.#forget(statement.name);
        return send.call(this, statement);
      });
    }

    /** Resets what belongs to a transaction, and forgets the plans that were out of date in it. */
    async #ended(text: string, answer: Promise<unknown>): Promise<unknown> {
      const result = await answer.catch((error: unknown) => {
        // Where the connection is lost, the transaction is gone anyway; the caller shall see the first error.
        if (text === 'rollback') return { command: 'ROLLBACK', rowCount: 0, rows: [] };
        throw error;
      });
      this.#inTransaction = false;
      this.#boundMs = statementTimeoutMs + graceMs;
      for (const name of this.#outdated.splice(0)) await this.#forget(name).catch(() => undefined);
      return result;
    }

    async #forget(name: string): Promise<void> {
      delete connectionOf(this).parsedStatements[name];
      await super.query(`deallocate ${pg.escapeIdentifier(name)}`);
    }

    /** Bounds the silence between two answers, since statements that are sent together are answered one by one. */
    #listen(): void {
      clearTimeout(this.#silence);
      if (this.#waiting === 0) return;
      const boundMs = this.#boundMs;
      this.#silence = setTimeout(() => {
        connectionOf(this).stream.destroy(new Error(`the database gave no answer within ${boundMs} ms`));
      }, boundMs);
    }
  };
}

/** The parts of pg's connection that its types do not show. */
const connectionOf = (client: pg.Client) =>
  (client as unknown as { connection: { stream: Socket; parsedStatements: Record<string, string> } })
    .connection;

/**
 * True where a prepared statement was refused because a migration has changed its columns since it was planned. It was
 * not executed.
 */
export function isOutdatedPlan(error: unknown): boolean {
  const { code, routine } = error as { code?: unknown; routine?: unknown };
  return code === '0A000' && routine === 'RevalidateCachedQuery';
}

/** How many names are kept: more than a process has statements. */
const mostNames = 2_000;

const names = new LRUCache<string, string>({ max: mostNames });

/**
 * Returns the name that a statement is prepared under: a hash of its text. With numbers as names, two processes that share
 * a server connection, as through a wrongly set pooler, would run each other's statements.
 */
export function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url');
    names.set(text, name);
  }
  return name;
}

/** Returns the query with its name; undefined for a query without values, which is sent as it is. */
function prepared(given: unknown[]): { name: string; text: string; values: unknown[] } | undefined {
  const [text, values] = given;
  if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return undefined;
  return { name: statementName(text), text, values };
}

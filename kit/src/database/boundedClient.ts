import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import pg from 'pg';
import type { SessionKind } from './session.ts';

/** How much later than the server a client gives up on a statement, in milliseconds. */
const graceMs = 5_000;

/** How long a transaction may wait for its next statement, in milliseconds. */
const idleInTransactionMs = 30_000;

export interface BoundedClientOptions {
  /** How long a statement may take, in milliseconds. */
  readonly statementTimeoutMs: number;
  /** Whether the connection keeps the plans of its statements. */
  readonly prepare: boolean;
  /** Finds out how long settings hold on this connection. */
  readonly sessionKind: () => Promise<SessionKind>;
}

/** A connection whose statements cannot be prepared, since other clients use it too. */
export class SharedSessionError extends Error {
  override name = 'SharedSessionError';
  constructor() {
    super(
      'it is reached through a pooler that gives each transaction another connection (as PgBouncer does with pool_mode=transaction), where prepared statements are mixed up: set PREPARE=off, or give a direct URL',
    );
  }
}

/**
 * A client of PostgreSQL whose statements are bounded on both sides, whatever stands in between.
 *
 * The server ends a statement after `statementTimeoutMs`. Where a session is our own, that is set once per connection;
 * where a pooler shares it, at the beginning of each transaction, in the same round trip. Neither is sent when
 * connecting: a pooler refuses what it does not know there.
 *
 * The client gives up its connection where the server is silent for longer than that: it went mute, or the way to it
 * did. pg's own `query_timeout` would not do. It fails the statement and leaves the client usable by its looks
 * (pg 8.23), so that the pool hands it out again, with the old statement still in front of every new one; and it knows
 * of no transaction that allows itself more time.
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
    /** Statements whose plans this transaction found out of date. */
    #outdated: string[] = [];

    override connect(): Promise<pg.Client>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): Promise<pg.Client> | undefined {
      // The pool listens once it has the client. One that is lost before fails the statement below, which tells it;
      // without a listener it would end the whole process as well.
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
      // The one way to raise the bound: see `allowLongStatements`. It holds until the transaction ends.
      if (text.includes(`set_config('statement_timeout'`)) this.#boundMs = Number(given[1]?.[0]) + graceMs;
      if (text === 'begin') this.#inTransaction = true;
      const answer = text === 'begin' ? super.query(this.#begin) : this.#ask(given);
      // Promises are all that is used here; a query with a callback is left to itself.
      if (typeof answer?.then !== 'function') return answer;
      if (this.#waiting++ === 0) this.#listen();
      const answered = () => {
        this.#waiting--;
        this.#listen();
      };
      answer.then(answered, answered);
      return text === 'commit' || text === 'rollback' ? this.#ended(text, answer) : answer;
    }

    /** Sends a statement, prepared where that is wanted, and once more where its plan is out of date. */
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

    /** Ends a transaction on our side as well; the next one plans anew what this one found out of date. */
    async #ended(text: string, answer: Promise<unknown>): Promise<unknown> {
      const result = await answer.catch((error: unknown) => {
        // With its connection a transaction is gone in any case; its caller is to see why it was lost.
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

    /** Statements that were sent together are answered one after the other, so what counts is the silence between. */
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

/** What pg keeps of a connection and does not type. */
const connectionOf = (client: pg.Client) =>
  (client as unknown as { connection: { stream: Socket; parsedStatements: Record<string, string> } })
    .connection;

/**
 * True where a prepared statement's result has another shape than when it was planned, since a migration has changed
 * a column in the meantime. Nothing was executed.
 */
export function isOutdatedPlan(error: unknown): boolean {
  const { code, routine } = error as { code?: unknown; routine?: unknown };
  return code === '0A000' && routine === 'RevalidateCachedQuery';
}

/** How many names are kept: more than the statements of a process. One that is gone is made again. */
const mostNames = 2_000;

const names = new LRUCache<string, string>({ max: mostNames });

/**
 * The name that a statement is prepared under: a hash of its text. Two processes may come to share a server connection,
 * through a pooler or by a mistake in its settings; counted names would then run one process's statement for another.
 */
export function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url');
    names.set(text, name);
  }
  return name;
}

/** The same query under its name; undefined for one without values, which is sent as it is. */
function prepared(given: unknown[]): { name: string; text: string; values: unknown[] } | undefined {
  const [text, values] = given;
  if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return undefined;
  return { name: statementName(text), text, values };
}

import type { Socket } from 'node:net';
import pg from 'pg';

/** How much later than the server a client gives up on a statement, in milliseconds. */
const graceMs = 5_000;

/**
 * A client of PostgreSQL that gives up its connection where the server is silent for longer than a statement may
 * take: it went mute, or the way to it did, and nobody would ever hear why. pg's own `query_timeout` would not do.
 * It fails the statement and leaves the client usable by its looks (pg 8.23), so that the pool hands it out again, with
 * the old statement still in front of every new one; and it knows of no transaction that allows itself more time.
 */
export function boundedClient(statementTimeoutMs: number, prepare: boolean): typeof pg.Client {
  return class BoundedClient extends pg.Client {
    #waiting = 0;
    #boundMs = statementTimeoutMs + graceMs;
    #silence: NodeJS.Timeout | undefined;

    // biome-ignore lint/suspicious/noExplicitAny: whatever pg takes
    override query(...given: any[]): any {
      const text = typeof given[0] === 'string' ? given[0] : String(given[0]?.text ?? '');
      // The one way to raise the bound: see `allowLongStatements`. It holds until the transaction ends.
      if (text.includes(`set_config('statement_timeout'`)) this.#boundMs = Number(given[1]?.[0]) + graceMs;
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const answer = (super.query as (...given: any[]) => any).apply(this, prepare ? prepared(given) : given);
      // Promises are all that is used here; a query with a callback is left to itself.
      if (typeof answer?.then !== 'function') return answer;
      if (this.#waiting++ === 0) this.#listen();
      const answered = () => {
        if (text === 'commit' || text === 'rollback') this.#boundMs = statementTimeoutMs + graceMs;
        this.#waiting--;
        this.#listen();
      };
      answer.then(answered, answered);
      // With its connection a transaction is gone in any case; whoever hears of it is to hear why it was lost.
      return text === 'rollback'
        ? answer.catch(() => ({ command: 'ROLLBACK', rowCount: 0, rows: [] }))
        : answer;
    }

    /** Statements that were sent together are answered one after the other, so what counts is the silence between. */
    #listen(): void {
      clearTimeout(this.#silence);
      if (this.#waiting === 0) return;
      const boundMs = this.#boundMs;
      this.#silence = setTimeout(() => {
        const { stream } = (this as unknown as { connection: { stream: Socket } }).connection;
        stream.destroy(new Error(`the database gave no answer within ${boundMs} ms`));
      }, boundMs);
    }
  };
}

const names = new Map<string, string>();

/** The same query under a name of its text's own, by which a connection keeps its plan; one without values as it is. */
function prepared(given: unknown[]): unknown[] {
  const [text, values] = given;
  if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return given;
  let name = names.get(text);
  if (name === undefined) {
    name = `statement ${names.size + 1}`;
    names.set(text, name);
  }
  return [{ name, text, values }];
}

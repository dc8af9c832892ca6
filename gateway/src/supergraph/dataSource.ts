import type { IncomingHttpHeaders } from 'node:http';
import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway';
import { type Dispatcher, Pool } from 'undici';
import type { SubgraphCaller } from '../request/caller.ts';
import { SharedReplies } from './sharedReplies.ts';

type Answer = Awaited<ReturnType<GraphQLDataSource['process']>>;

/** The error for a subgraph that gave no GraphQL answer. Clients see which subgraph, but not the cause. */
export class SubgraphUnavailable extends Error {
  override name = 'SubgraphUnavailable';
  readonly subgraph: string;
  constructor(subgraph: string, what: string, cause?: unknown) {
    super(`subgraph "${subgraph}" ${what}`, { cause });
    this.subgraph = subgraph;
  }
}

export interface SubgraphOptions {
  readonly name: string;
  readonly url: string;
  readonly internalSecret: string;
  readonly timeoutMs: number;
  readonly connections: number;
  /** The longest answer that is read, in bytes. */
  readonly maxAnswerBytes: number;
  /** Called after every request, with the seconds it took. */
  readonly observe: (outcome: 'answered' | 'failed', seconds: number) => void;
}

/** How many requests may be under way or wait, per connection. */
const underWayPerConnection = 32;
/** The pause before the retry of a refused connection, in milliseconds: a restart is often short. */
const retryPauseMs = 100;

/** No connection was made, so the subgraph cannot have seen the request. */
const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** The connection ended before any answer. The subgraph may have seen the request, or acted on it. */
const cutOffCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * Sends requests to one subgraph, over connections that are kept open. Only what is named here passes: the gateway's
 * own headers and `caller.forwarded` to the subgraph, and `set-cookie` back to the client.
 */
export class SubgraphDataSource implements GraphQLDataSource {
  readonly url: string;
  readonly #options: SubgraphOptions;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #shared = new SharedReplies<Reply | undefined>();
  #underWay = 0;

  constructor(options: SubgraphOptions) {
    const { origin, pathname, search } = new URL(options.url);
    this.url = options.url;
    this.#options = options;
    this.#path = pathname + search;
    this.#pool = new Pool(origin, {
      connections: options.connections,
      pipelining: 1,
      connect: { timeout: Math.min(options.timeoutMs, 3_000) },
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      maxResponseSize: options.maxAnswerBytes,
    });
  }

  /** Closes the connections once requests under way have finished. */
  async close(): Promise<void> {
    if (!this.#pool.closed && !this.#pool.destroyed) await this.#pool.close();
  }

  async destroy(): Promise<void> {
    if (!this.#pool.destroyed) await this.#pool.destroy();
  }

  /** Sends an operation of Apollo's executor. */
  async process(options: GraphQLDataSourceProcessOptions): Promise<Answer> {
    const caller = 'incomingRequestContext' in options ? (options.context as SubgraphCaller) : undefined;
    const { query, variables, operationName } = options.request;
    // The query planner writes the text: it begins with the operation's kind, or with `{`.
    const isMutation = query?.startsWith('mutation') ?? false;
    const body = JSON.stringify({ query, variables, operationName });
    return await this.ask(body, { isMutation, caller, mayShare: false });
  }

  /** True where the subgraph answers the simplest query. */
  async isAnswering(): Promise<boolean> {
    const answer = await this.ask('{"query":"{ __typename }"}', {
      isMutation: false,
      caller: undefined,
      mayShare: false,
    });
    return answer.data?.__typename !== undefined;
  }

  /**
   * Sends a request, and returns the subgraph's answer.
   * @param body the JSON of the request
   * @param options.mayShare true where an equal request of an equal caller may have the same answer, see `SharedReplies`
   * @throws SubgraphUnavailable where there was no GraphQL answer
   */
  async ask(
    body: string,
    options: { isMutation: boolean; caller: SubgraphCaller | undefined; mayShare: boolean },
  ): Promise<Answer> {
    const { caller, isMutation, mayShare } = options;
    let isOwn = false;
    const send = () => {
      isOwn = true;
      return this.#reply(body, caller, isMutation);
    };
    let reply = await (mayShare ? this.#shared.fetch(shareKey(body, caller), send) : send());
    // A cookie is never shared: several people may have the same address, and then their requests look equal.
    if (!isOwn && reply && reply.cookies.length > 0) reply = await send();
    if (reply === undefined) return this.#tooLong();
    // Each caller gets an object of its own: it becomes a part of the caller's data.
    const answer = readAnswer(reply.text());
    if (!answer) {
      throw new SubgraphUnavailable(
        this.#options.name,
        `answered ${reply.status} with something that is not GraphQL: ${reply.text().slice(0, 200)}`,
      );
    }
    if (reply.cookies.length > 0) caller?.passCookies(reply.cookies);
    return answer;
  }

  /** Sends a request, and returns the reply; undefined for one that is too long. */
  async #reply(
    body: string,
    caller: SubgraphCaller | undefined,
    isMutation: boolean,
  ): Promise<Reply | undefined> {
    const { name, connections } = this.#options;
    if (this.#underWay >= connections * underWayPerConnection) {
      throw new SubgraphUnavailable(name, `already has ${this.#underWay} requests under way`);
    }
    this.#underWay++;
    const startedAt = performance.now();
    let outcome: 'answered' | 'failed' = 'failed';
    try {
      const reply = await this.#sendInTime(body, caller, isMutation);
      outcome = 'answered';
      return reply;
    } finally {
      this.#underWay--;
      this.#options.observe(outcome, (performance.now() - startedAt) / 1000);
    }
  }

  async #sendInTime(
    body: string,
    caller: SubgraphCaller | undefined,
    isMutation: boolean,
  ): Promise<Reply | undefined> {
    const until = performance.now() + this.#options.timeoutMs;
    try {
      return await this.#send(body, caller, until).catch(async (error: unknown) => {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        const unsent = unsentCodes.has(code);
        // A query can be sent again without harm. A mutation is sent again only if it cannot have arrived.
        if (!unsent && (isMutation || !cutOffCodes.has(code))) throw error;
        if (unsent) await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
        return await this.#send(body, caller, until);
      });
    } catch (error) {
      if (error instanceof SubgraphUnavailable) throw error;
      const { name, timeoutMs } = this.#options;
      const what =
        error instanceof Overdue
          ? `did not answer within ${timeoutMs} ms`
          : `cannot be reached at ${this.url}`;
      throw new SubgraphUnavailable(name, what, error);
    }
  }

  async #send(body: string, caller: SubgraphCaller | undefined, until: number): Promise<Reply | undefined> {
    const reply = new Reply(until - performance.now());
    this.#pool.dispatch({ method: 'POST', path: this.#path, headers: this.#headers(caller), body }, reply);
    try {
      await reply.ended;
      return reply;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return undefined;
      // The answer had begun, so the request is not sent again.
      if (reply.status !== 0 && !(error instanceof Overdue))
        throw new SubgraphUnavailable(this.#options.name, 'broke off during its answer', error);
      throw error;
    }
  }

  #tooLong(): Answer {
    const { name, maxAnswerBytes } = this.#options;
    const message = `The answer of "${name}" has more than ${maxAnswerBytes} bytes. Ask for less in one operation.`;
    return { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] } as unknown as Answer;
  }

  #headers(caller: SubgraphCaller | undefined): Record<string, string> {
    return {
      ...caller?.forwarded,
      ...(caller && { 'x-client-address': caller.clientAddress, 'x-request-id': caller.requestId }),
      'content-type': 'application/json',
      accept: 'application/json',
      'x-internal-secret': this.#options.internalSecret,
    };
  }
}

const shareKey = (body: string, caller: SubgraphCaller | undefined): string =>
  JSON.stringify([caller?.forwarded, caller?.clientAddress, body]);

/** The time for a request is over. */
class Overdue extends Error {
  override name = 'Overdue';
}

/**
 * Reads the reply to one request, for undici's `dispatch`. (*Instead:* undici's `request`, which makes a stream for each
 * reply and wants an abort signal, takes twice the processor time for a small one: 50 and 24 µs.)
 */
class Reply implements Dispatcher.DispatchHandler {
  /** Resolves once all has been read. Rejects where the connection fails, or with `Overdue`. */
  readonly ended: Promise<void>;
  /** The HTTP status; 0 before the reply has begun. */
  status = 0;
  cookies: readonly string[] = [];
  readonly #chunks: Buffer[] = [];
  readonly #timer: NodeJS.Timeout;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #overdue: Overdue | undefined;

  constructor(timeoutMs: number) {
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(() => this.#giveUp(), Math.max(0, timeoutMs));
  }

  /** What was read, as text. */
  text(): string {
    return (this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)).toString();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#overdue) controller.abort(this.#overdue);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.cookies = [headers['set-cookie'] ?? []].flat();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer);
    this.#resolve();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer);
    this.#reject(error);
  }

  #giveUp(): void {
    this.#overdue = new Overdue();
    // It may still wait for a connection; then it is aborted once it has one.
    this.#controller?.abort(this.#overdue);
    this.#reject(this.#overdue);
  }
}

/** Returns the GraphQL answer, whatever the status: the errors in a subgraph's 4xx or 5xx say more than that. */
function readAnswer(text: string): Answer | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { data, errors, extensions } = json as Answer;
  const isData = typeof data === 'object' && !Array.isArray(data);
  const isErrors =
    Array.isArray(errors) && errors.length > 0 && errors.every((e) => typeof e === 'object' && e);
  if (!isData && !isErrors) return undefined;
  return {
    ...(isData ? { data } : {}),
    ...(isErrors ? { errors } : {}),
    ...(extensions ? { extensions } : {}),
  };
}

import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway';
import { type Dispatcher, Pool } from 'undici';
import type { SubgraphCaller } from '../request/caller.ts';

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
 * Sends requests to one subgraph, over connections that are kept open. `pool.request` is twice as fast as any
 * `fetch`. Only what is named here passes: the gateway's own headers and `caller.forwarded` to the subgraph, and
 * `set-cookie` back to the client.
 */
export class SubgraphDataSource implements GraphQLDataSource {
  readonly url: string;
  readonly #options: SubgraphOptions;
  readonly #pool: Pool;
  readonly #path: string;
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

  async process(options: GraphQLDataSourceProcessOptions): Promise<Answer> {
    const caller = 'incomingRequestContext' in options ? (options.context as SubgraphCaller) : undefined;
    return await this.#measured(options.request, caller);
  }

  /** True where the subgraph answers the simplest query. */
  async isAnswering(): Promise<boolean> {
    const answer = await this.#measured({ query: '{ __typename }' }, undefined);
    return answer.data?.__typename !== undefined;
  }

  async #measured(
    { query, variables, operationName }: GraphQLDataSourceProcessOptions['request'],
    caller: SubgraphCaller | undefined,
  ): Promise<Answer> {
    const { name, connections } = this.#options;
    if (this.#underWay >= connections * underWayPerConnection) {
      throw new SubgraphUnavailable(name, `already has ${this.#underWay} requests under way`);
    }
    this.#underWay++;
    const startedAt = performance.now();
    let outcome: 'answered' | 'failed' = 'failed';
    try {
      // The query planner writes the text: it begins with the operation's kind, or with `{`.
      const isMutation = query?.startsWith('mutation') ?? false;
      const answer = await this.#ask(JSON.stringify({ query, variables, operationName }), caller, isMutation);
      outcome = 'answered';
      return answer;
    } finally {
      this.#underWay--;
      this.#options.observe(outcome, (performance.now() - startedAt) / 1000);
    }
  }

  async #ask(body: string, caller: SubgraphCaller | undefined, isMutation: boolean): Promise<Answer> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.#options.timeoutMs);
    try {
      return await this.#send(body, caller, deadline.signal).catch(async (error: unknown) => {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        const unsent = unsentCodes.has(code);
        // A query can be sent again without harm. A mutation is sent again only if it cannot have arrived.
        if (!unsent && (isMutation || !cutOffCodes.has(code))) throw error;
        if (unsent) await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
        return await this.#send(body, caller, deadline.signal);
      });
    } catch (error) {
      if (error instanceof SubgraphUnavailable) throw error;
      const { name, timeoutMs } = this.#options;
      const what = deadline.signal.aborted
        ? `did not answer within ${timeoutMs} ms`
        : `cannot be reached at ${this.url}`;
      throw new SubgraphUnavailable(name, what, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(body: string, caller: SubgraphCaller | undefined, signal: AbortSignal): Promise<Answer> {
    const response = await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers: this.#headers(caller),
      body,
      signal,
    });
    let text: string;
    try {
      text = await response.body.text();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return this.#tooLong();
      // The answer had begun, so the request is not sent again.
      throw new SubgraphUnavailable(this.#options.name, 'broke off during its answer', cause);
    }
    const answer = readAnswer(text);
    if (!answer) {
      throw new SubgraphUnavailable(
        this.#options.name,
        `answered ${response.statusCode} with something that is not GraphQL: ${text.slice(0, 200)}`,
      );
    }
    const cookies = cookiesOf(response);
    if (cookies.length > 0) caller?.passCookies(cookies);
    return answer;
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

const cookiesOf = ({ headers }: Dispatcher.ResponseData): readonly string[] =>
  [headers['set-cookie'] ?? []].flat();

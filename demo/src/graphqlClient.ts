import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request as httpRequest } from 'undici';

/**
 * The failure of a request to the public endpoint. `code` is the `extensions.code` of the first GraphQL error, or
 * - `UNREACHABLE`: no answer came (no process listens, the connection broke, or it took too long);
 * - `BAD_ANSWER`: something answered that is no GraphQL endpoint.
 */
export class GraphqlError extends Error {
  override name = 'GraphqlError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A connection to the public GraphQL endpoint. */
export interface Client {
  readonly url: string;
  /**
   * Runs one operation. Queries are repeated where no answer came. Mutations are not, because the first one may have
   * been carried out.
   * @throws GraphqlError for the first error in the answer, even where it carries data too.
   */
  request<T>(document: string, variables?: Record<string, unknown>, token?: string): Promise<T>;
  close(): Promise<void>;
}

export interface ClientOptions {
  /** How long to wait for an answer, in milliseconds. */
  readonly timeoutMs?: number;
  /** The most connections that are open at a time. */
  readonly connections?: number;
  /** How long to wait before each repetition of a query, in milliseconds; one entry per repetition. */
  readonly retryDelaysMs?: readonly number[];
}

/** The longest answer that is read, in bytes: far more than any page of 200 tasks. */
const maxAnswerBytes = 32 * 1024 * 1024;

/** Makes a client of the endpoint at `url`, such as `http://localhost:4000/graphql`. Close it, or Node does not end. */
export function createClient(url: string, options: ClientOptions = {}): Client {
  const { timeoutMs = 15_000, connections = 16, retryDelaysMs = [200, 800] } = options;
  const agent = new Agent({
    connections,
    connect: { timeout: Math.min(timeoutMs, 5_000) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxAnswerBytes,
  });

  const once = async <T>(body: string, token: string | undefined): Promise<T> => {
    let status: number;
    let text: string;
    try {
      const response = await httpRequest(url, {
        dispatcher: agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body,
        // The agent's limits are between two bytes; this one is for an answer that comes slowly, byte by byte.
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.statusCode;
      text = await response.body.text();
    } catch (cause) {
      throw new GraphqlError('UNREACHABLE', `${url} did not answer: ${whyNot(cause, timeoutMs)}.`, { cause });
    }
    return readAnswer<T>(url, status, text);
  };

  return {
    url,
    async request<T>(document: string, variables: Record<string, unknown> = {}, token?: string) {
      const body = JSON.stringify({ query: document, variables });
      const delaysMs = isQuery(document) ? retryDelaysMs : [];
      for (let attempt = 0; ; attempt++) {
        try {
          return await once<T>(body, token);
        } catch (error) {
          const delayMs = delaysMs[attempt];
          if (delayMs === undefined || !isGraphqlError(error, 'UNREACHABLE')) throw error;
          await sleep(delayMs);
        }
      }
    },
    close: () => agent.close(),
  };
}

/** True where `error` is a GraphqlError with one of these codes; with any code where none is named. */
export const isGraphqlError = (error: unknown, ...codes: string[]): error is GraphqlError =>
  error instanceof GraphqlError && (codes.length === 0 || codes.includes(error.code));

const isQuery = (document: string) => /^(?:\s|#.*)*(?:query\b|\{)/.test(document);

function whyNot(cause: unknown, timeoutMs: number): string {
  const { name, code, message } = cause as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || /TIMEOUT/.test(code ?? '')) return `no answer within ${timeoutMs} ms`;
  if (code === 'ECONNREFUSED') return 'no process listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no host of that name';
  // Where a name has several addresses and all fail, Node's message is empty and only the code says why.
  return message || code || 'the connection broke';
}

interface Answer {
  data?: unknown;
  errors?: { message?: unknown; extensions?: { code?: unknown } }[];
}

function readAnswer<T>(url: string, status: number, text: string): T {
  let answer: Answer | undefined;
  try {
    answer = JSON.parse(text) as Answer;
  } catch {
    // The status decides below which error this is.
  }
  const first = Array.isArray(answer?.errors) ? answer.errors[0] : undefined;
  if (first) {
    const code = first.extensions?.code;
    throw new GraphqlError(typeof code === 'string' ? code : 'INTERNAL', String(first.message));
  }
  if (answer?.data !== undefined && answer.data !== null) return answer.data as T;
  // A load balancer answers like this while no server is behind it.
  if (status === 502 || status === 503 || status === 504)
    throw new GraphqlError('UNREACHABLE', `${url} answered with status ${status}.`);
  throw new GraphqlError(
    'BAD_ANSWER',
    `${url} does not answer as a GraphQL endpoint does (status ${status}): check the address, which usually ends in /graphql.`,
  );
}

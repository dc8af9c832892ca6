import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerProblem, readJson } from '@ates/kit/graph/graphqlHttp';
import { authenticationProblems } from '@ates/kit/graph/token';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { writeResult } from '../execute/jsonText.ts';
import type { Authentication, Identity } from '../guards/authentication.ts';
import type { CallerContext } from '../request/caller.ts';
import type { Connections } from './connections.ts';
import type { Sessions } from './sessions.ts';
import type { Execute } from './sockets.ts';
import type { OperationRequest, Subscriptions } from './subscriptions.ts';

/** How payloads are written to an answer that stays open. */
interface Format {
  readonly headers: Readonly<Record<string, string>>;
  readonly begin: string;
  payload(result: ExecutionResult): string;
  /** Sent every few seconds, so that no proxy takes the answer for dead. */
  readonly heartbeat: string;
  readonly end: string;
}

/** Server-sent events, by graphql-sse's protocol in distinct connections mode. */
export const eventStream: Format = {
  headers: { 'content-type': 'text/event-stream; charset=utf-8' },
  begin: ':\n\n',
  payload: (result) => `event: next\ndata: ${writeResult(result)}\n\n`,
  heartbeat: ':\n\n',
  end: 'event: complete\ndata:\n\n',
};

/** Apollo's multipart protocol. Each part brings its closing delimiter, or clients see each payload one late. */
export const multipart: Format = {
  headers: { 'content-type': 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0' },
  begin: '\r\n--graphql',
  payload: (result) => part(`{"payload":${writeResult(result)}}`),
  heartbeat: part('{}'),
  end: '--\r\n',
};

function part(json: string): string {
  return `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`;
}

const heartbeatMs = 5_000;

export interface Streams {
  /** Answers with a stream of payloads, until the client leaves or the subscription ends. */
  answer(request: IncomingMessage, response: ServerResponse, format: Format): Promise<void>;
  /** How many are open. */
  readonly size: number;
  /** Completes all of them. */
  close(): void;
}

/** Serves operations whose answers are HTTP responses that stay open. */
export function serveStreams(options: {
  authentication: Authentication;
  sessions: Sessions;
  subscriptions: Subscriptions;
  execute: Execute;
  connections: Connections;
  contextOf: (request: IncomingMessage, response: ServerResponse, identity: Identity) => CallerContext;
  formatErrors: (errors: readonly unknown[]) => readonly unknown[];
}): Streams {
  const { authentication, sessions, subscriptions, execute, connections } = options;
  const open = new Set<{ end(): void }>();
  return {
    async answer(request, response, format) {
      const read = request.method === 'GET' ? readAddress(request) : await readBody(request);
      if ('problem' in read) {
        if (read.status === 405) response.setHeader('allow', 'GET, POST');
        return answerProblem(response, read.status, read.problem, { code: read.code });
      }
      const { operation } = read;
      const identity = await authentication.identify(request.headers.authorization);
      // The client left while we identified its user; without this check it would stay counted for ever.
      if (response.closed) return;
      const leaveUser = identity.claims ? connections.openFor(identity.claims.userId) : () => undefined;
      const refusal = connections.refusal ?? (typeof leaveUser === 'string' ? leaveUser : undefined);
      if (typeof leaveUser === 'string' || refusal !== undefined) {
        if (typeof leaveUser !== 'string') leaveUser();
        return answerProblem(response, 503, refusal as string, { code: 'TOO_MANY_REQUESTS' });
      }
      const leave = connections.open();
      response.once('close', () => {
        leave();
        leaveUser();
      });
      const caller = options.contextOf(request, response, identity);
      let payloads: AsyncIterableIterator<ExecutionResult> | undefined;
      let only: ExecutionResult | undefined;
      try {
        const kind = subscriptions.read(operation).operation.operation;
        if (kind === 'mutation' && request.method === 'GET')
          throw new GraphQLError('Send a mutation by POST: a GET must not change anything.', {
            extensions: { code: 'BAD_REQUEST' },
          });
        if (kind === 'subscription') payloads = subscriptions.subscribe(operation, caller);
        else only = await execute(operation, caller);
      } catch (error) {
        only = { errors: options.formatErrors([error]) as never };
      }
      response.writeHead(200, {
        ...format.headers,
        'cache-control': 'no-store',
        // Stops proxies from buffering: payloads must arrive at once.
        'x-accel-buffering': 'no',
      });
      response.write(format.begin);
      if (!payloads) {
        response.end(format.payload(only ?? {}) + format.end);
        return;
      }
      await stream(response, payloads, format, identity);
    },
    get size() {
      return open.size;
    },
    close() {
      for (const each of open) each.end();
    },
  };

  async function stream(
    response: ServerResponse,
    payloads: AsyncIterableIterator<ExecutionResult>,
    format: Format,
    identity: Identity,
  ): Promise<void> {
    let last = '';
    const end = () => void payloads.return?.();
    const heartbeat = setInterval(() => response.write(format.heartbeat), heartbeatMs);
    const unwatch = sessions.watch(identity.claims, (why) => {
      const error = { message: authenticationProblems[why], extensions: { code: 'UNAUTHENTICATED' } };
      last = format.payload({ errors: [error as never] });
      end();
    });
    response.on('close', end);
    const each = { end };
    open.add(each);
    try {
      for await (const payload of payloads) {
        // Waits for slow clients. Meanwhile the hub keeps their payloads, or drops them for the state of the moment.
        if (!response.write(format.payload(payload))) await drained(response);
      }
    } finally {
      open.delete(each);
      clearInterval(heartbeat);
      unwatch();
    }
    response.end(last + format.end);
  }
}

const drained = (response: ServerResponse) =>
  new Promise<void>((resolve) => {
    const go = () => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
    if (response.closed) go();
  });

interface Problem {
  readonly status: number;
  readonly problem: string;
  readonly code: string;
}

/** Reads the operation in a request's body. */
async function readBody(request: IncomingMessage): Promise<{ operation: OperationRequest } | Problem> {
  if (request.method !== 'POST' || !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    request.resume();
    const status = request.method === 'POST' ? 415 : 405;
    return { status, problem: 'Send the operation by POST as application/json.', code: 'BAD_REQUEST' };
  }
  const body = await readJson(request);
  if ('problem' in body) return body;
  const operation = requestOf(body.json);
  return operation
    ? { operation }
    : { status: 400, problem: 'The body has no "query" that is a string.', code: 'BAD_REQUEST' };
}

/** Reads the operation in a request's URL, as EventSource and GraphiQL send it. */
function readAddress(request: IncomingMessage): { operation: OperationRequest } | Problem {
  request.resume();
  const parameters = new URL(request.url ?? '/', 'http://here').searchParams;
  const problem = (sentence: string) => ({ status: 400, problem: sentence, code: 'BAD_REQUEST' });
  let variables: unknown;
  try {
    variables = JSON.parse(parameters.get('variables') || '{}');
  } catch {
    return problem('The parameter "variables" is not JSON.');
  }
  const operation = requestOf({
    query: parameters.get('query'),
    operationName: parameters.get('operationName'),
    variables,
  });
  return operation ? { operation } : problem('There is no parameter "query".');
}

function requestOf(json: unknown): OperationRequest | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { query, operationName, variables } = json as Record<string, unknown>;
  if (typeof query !== 'string') return undefined;
  return {
    query,
    operationName: typeof operationName === 'string' ? operationName : undefined,
    variables:
      typeof variables === 'object' && variables !== null ? (variables as Record<string, unknown>) : {},
  };
}

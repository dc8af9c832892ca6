import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { answerProblem } from '@ates/kit/graph/graphqlHttp';
import { authenticationProblems } from '@ates/kit/graph/token';
import type { Authentication, Identity } from '../guards/authentication.ts';
import type { CallerContext } from '../request/caller.ts';
import { openCompressed } from '../request/compression.ts';
import type { OperationRequest } from '../request/operation.ts';
import type { Connections } from './connections.ts';
import type { Source } from './hub.ts';
import type { Sessions } from './sessions.ts';
import type { Execute } from './sockets.ts';
import type { Subscriptions } from './subscriptions.ts';

/** How payloads are written to an answer that stays open. */
export interface StreamFormat {
  readonly headers: Readonly<Record<string, string>>;
  readonly begin: string;
  /** @param json the payload */
  payload(json: string): string;
  /** Sent every few seconds, so that no proxy takes the answer for dead. */
  readonly heartbeat: string;
  readonly end: string;
}

/** Server-sent events, by graphql-sse's protocol in distinct connections mode. */
export const eventStream: StreamFormat = {
  headers: { 'content-type': 'text/event-stream; charset=utf-8' },
  begin: ':\n\n',
  payload: (json) => `event: next\ndata: ${json}\n\n`,
  heartbeat: ':\n\n',
  end: 'event: complete\ndata:\n\n',
};

/** Apollo's multipart protocol. Each part brings its closing delimiter, or clients see each payload one late. */
export const multipart: StreamFormat = {
  headers: { 'content-type': 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0' },
  begin: '\r\n--graphql',
  payload: (json) => part(`{"payload":${json}}`),
  heartbeat: part('{}'),
  end: '--\r\n',
};

function part(json: string): string {
  return `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`;
}

const heartbeatMs = 5_000;

export interface Streams {
  /** Answers with a stream of payloads, until the client leaves or the subscription ends. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    format: StreamFormat,
    operation: OperationRequest,
  ): Promise<void>;
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
    async answer(request, response, format, operation) {
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
      let payloads: Source | undefined;
      let only = '';
      try {
        const kind = subscriptions.read(operation).operation.operation;
        if (kind === 'mutation' && request.method === 'GET') {
          response.setHeader('allow', 'POST');
          const sentence = 'Send a mutation by POST: a GET must not change anything.';
          return answerProblem(response, 405, sentence, { code: 'BAD_REQUEST' });
        }
        if (kind === 'subscription') payloads = await subscriptions.subscribe(operation, caller);
        else {
          const executed = await execute(operation, caller);
          only = 'result' in executed ? executed.result : `{"errors":${executed.refusals}}`;
        }
      } catch (error) {
        only = JSON.stringify({ errors: options.formatErrors([error]) });
      }
      // The client left while its operation was planned.
      if (response.closed) return void payloads?.return?.();
      const out = openCompressed(request, response, {
        ...format.headers,
        'cache-control': 'no-store',
        // Stops proxies from buffering: payloads must arrive at once.
        'x-accel-buffering': 'no',
      });
      out.write(format.begin);
      if (payloads) await stream(out, payloads, format, identity);
      else out.end(format.payload(only) + format.end);
    },
    get size() {
      return open.size;
    },
    close() {
      for (const each of open) each.end();
    },
  };

  async function stream(
    out: Writable,
    payloads: Source,
    format: StreamFormat,
    identity: Identity,
  ): Promise<void> {
    let last = '';
    const end = () => void payloads.return?.();
    const heartbeat = setInterval(() => out.write(format.heartbeat), heartbeatMs);
    const unwatch = sessions.watch(identity.claims, (why) => {
      const error = { message: authenticationProblems[why], extensions: { code: 'UNAUTHENTICATED' } };
      last = format.payload(JSON.stringify({ errors: [error] }));
      end();
    });
    out.on('close', end);
    const each = { end };
    open.add(each);
    try {
      for await (const payload of payloads) {
        // Waits for slow clients. Meanwhile the hub keeps their payloads, or drops them for the state of the moment.
        if (!out.write(format.payload(payload))) await drained(out);
      }
    } finally {
      open.delete(each);
      clearInterval(heartbeat);
      unwatch();
    }
    out.end(last + format.end);
  }
}

const drained = (out: Writable) =>
  new Promise<void>((resolve) => {
    const go = () => {
      out.off('drain', go);
      out.off('close', go);
      resolve();
    };
    out.on('drain', go);
    out.on('close', go);
    if (out.closed) go();
  });

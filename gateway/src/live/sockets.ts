import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { authenticationProblems } from '@ates/kit/graph/token';
import type { Log } from '@ates/kit/process/log';
import {
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
} from 'graphql';
import { type Context, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Authentication } from '../guards/authentication.ts';
import { type CallerContext, isForeign } from '../request/caller.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Connections } from './connections.ts';
import type { Sessions } from './sessions.ts';
import type { OperationRequest, Subscriptions } from './subscriptions.ts';

/** The longest message that is read, in bytes. */
const maxMessageBytes = 64 * 1024;
/** How often a socket must show that it is alive, in milliseconds. */
const keepAliveMs = 12_000;
/** How long a client may take to send `connection_init`, in milliseconds. */
const initWithinMs = 5_000;
/** How long the gateway waits for clients to close their sockets, in milliseconds. */
const goodbyeMs = 1_000;
/** How many operations may run on one socket at once. */
const maxOperationsPerSocket = 100;

/** Close codes: from RFC 6455's registry, and from the graphql-transport-ws protocol. */
const closeCodes = { tryAgainLater: 1013, unauthorized: 4401 } as const;

type SocketExtra = Extra & Record<PropertyKey, unknown> & { caller?: Omit<CallerContext, 'requestId'> };

/** Runs a query or a mutation as if it had come by HTTP. */
export type Execute = (request: OperationRequest, caller: CallerContext) => Promise<ExecutionResult>;

export interface Sockets {
  /** How many are open. */
  readonly size: number;
  /** Closes all sockets with 1001 (going away), and waits a moment for the clients to close theirs. */
  close(): Promise<void>;
}

/** Serves operations of every kind over WebSockets (graphql-transport-ws) at `/graphql`. */
export function serveSockets(
  server: Server,
  options: {
    settings: GatewaySettings;
    authentication: Authentication;
    sessions: Sessions;
    subscriptions: Subscriptions;
    connections: Connections;
    execute: Execute;
    callerOf: (
      request: IncomingMessage,
      authorization: string | undefined,
    ) => Omit<CallerContext, 'requestId' | 'problem'>;
    newRequestId: () => string;
    formatErrors: (errors: readonly unknown[]) => readonly GraphQLFormattedError[];
    log: Log;
  },
): Sockets {
  const { settings, authentication, sessions, subscriptions, execute, connections } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, settings, connections);
    if (refusal) {
      const { status, sentence } = refusal;
      socket.end(
        `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(sentence)}\r\n\r\n${sentence}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      accepted.once('close', connections.open());
      sockets.emit('connection', accepted, request);
      // A message that is too long or malformed already closes the socket. graphql-ws would also write a stack trace
      // to the console, as often as any client likes.
      accepted.removeAllListeners('error');
      accepted.on('error', (error) => options.log.debug({ err: error }, 'a socket failed'));
    });
  });

  const contextOf = ({ extra }: Context<Record<string, unknown>, SocketExtra>): CallerContext => {
    if (!extra.caller) throw new Error('an operation came before its socket was acknowledged');
    return { ...extra.caller, requestId: options.newRequestId() };
  };

  const graph = useServer<Record<string, unknown>, SocketExtra>(
    {
      connectionInitWaitTimeout: initWithinMs,
      async onConnect({ connectionParams, extra }) {
        const { socket, request } = extra;
        const given = connectionParams?.authorization ?? connectionParams?.Authorization;
        const identity = await authentication.identify(
          typeof given === 'string' ? given : request.headers.authorization,
        );
        // The socket closed while we identified its user; without this check it would stay counted for ever.
        if (socket.readyState !== socket.OPEN) return false;
        // A caller without a token may still have what is public.
        if (identity.problem && identity.problem !== 'missing') {
          socket.close(closeCodes.unauthorized, authenticationProblems[identity.problem]);
          return false;
        }
        const { claims } = identity;
        extra.caller = {
          ...options.callerOf(request, identity.authorization),
          userId: claims?.userId,
          problem: identity.problem,
        };
        if (!claims) return true;
        const leave = connections.openFor(claims.userId);
        if (typeof leave === 'string') {
          socket.close(closeCodes.tryAgainLater, leave);
          return false;
        }
        const unwatch = sessions.watch(claims, (why) =>
          socket.close(closeCodes.unauthorized, authenticationProblems[why]),
        );
        socket.once('close', () => {
          unwatch();
          leave();
        });
        return true;
      },
      async onSubscribe(context, _, { query, operationName, variables }) {
        const request: OperationRequest = {
          query,
          operationName: operationName ?? undefined,
          variables: variables ?? {},
        };
        try {
          if (Object.keys(context.subscriptions).length > maxOperationsPerSocket) {
            throw new GraphQLError(
              `At most ${maxOperationsPerSocket} operations may run on one socket at once.`,
              {
                extensions: { code: 'TOO_MANY_REQUESTS' },
              },
            );
          }
          const { document, operation } = subscriptions.read(request);
          const caller = contextOf(context);
          // A refused operation throws and is answered with an error message, never with a payload.
          const answer =
            operation.operation === 'subscription'
              ? subscriptions.subscribe(request, caller)
              : await execute(request, caller);
          return { document, operationName, rootValue: answer } as never;
        } catch (error) {
          return [error instanceof GraphQLError ? error : asGraphQLError(error as Error)];
        }
      },
      // Its errors are already masked.
      onNext: (_, __, ___, ____, result) => result as FormattedExecutionResult,
      onError: (_, __, ___, refusals) => options.formatErrors(refusals),
      subscribe: ({ rootValue }) => rootValue as AsyncIterableIterator<ExecutionResult>,
      execute: ({ rootValue }) => rootValue as ExecutionResult,
    },
    sockets as never,
    keepAliveMs,
  );
  return {
    get size() {
      return sockets.clients.size;
    },
    async close() {
      // A client that has vanished never closes its socket.
      await Promise.race([graph.dispose(), sleep(goodbyeMs, undefined, { ref: false })]);
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

const asGraphQLError = (originalError: Error) => new GraphQLError(originalError.message, { originalError });

function refusalOf(
  request: IncomingMessage,
  { ALLOWED_ORIGINS, TRUSTED_PROXIES }: GatewaySettings,
  { refusal }: Connections,
): { status: string; sentence: string } | undefined {
  const [path] = (request.url ?? '/').split('?', 1);
  if (path !== '/graphql')
    return { status: '404 Not Found', sentence: 'WebSockets are served at /graphql.\n' };
  const { origin } = request.headers;
  if (origin !== undefined && isForeign(request, TRUSTED_PROXIES) && !ALLOWED_ORIGINS.includes(origin))
    return {
      status: '403 Forbidden',
      sentence: `Pages of ${origin} may not connect: ALLOWED_ORIGINS does not list it.\n`,
    };
  if (refusal) return { status: '503 Service Unavailable', sentence: `${refusal}\n` };
  return undefined;
}

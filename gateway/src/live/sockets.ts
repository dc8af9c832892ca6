import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { maxBodyBytes } from '@ates/kit/graph/graphqlHttp';
import { type AuthenticationProblem, authenticationProblems } from '@ates/kit/graph/token';
import type { Log } from '@ates/kit/process/log';
import { GraphQLError } from 'graphql';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Authentication } from '../guards/authentication.ts';
import { type CallerContext, isForeign } from '../request/caller.ts';
import type { OperationReader, OperationRequest } from '../request/operation.ts';
import type { Turns } from '../request/turns.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Connections } from './connections.ts';
import { type SocketAnswer, SocketConnection, socketProtocol } from './protocol.ts';
import type { Sessions } from './sessions.ts';
import type { Subscriptions } from './subscriptions.ts';

/** The longest message that is read, in bytes: an operation that a POST may carry, and what is around it. */
const maxMessageBytes = maxBodyBytes + 1024;
/** How long the gateway waits for clients to close their sockets, in milliseconds. */
const goodbyeMs = 1_000;
/** How long a client may take to close a socket that was refused, in milliseconds. */
const refusedCloseMs = 1_000;
/** How many operations may run on one socket at once. */
const maxOperationsPerSocket = 100;

/** Close codes of RFC 6455's registry. */
const goingAway = 1001;
const tryAgainLater = 1013;
/** A close code of graphql-transport-ws. */
const subprotocolNotAcceptable = 4406;
/**
 * The close codes for a caller who may no longer be served. graphql-ws takes 4401 for final; after 4403 it connects
 * again, with the new token that `connectionParams` then returns.
 */
const closeCodes: Readonly<Record<AuthenticationProblem, number>> = {
  missing: 4401,
  invalid: 4401,
  ended: 4401,
  expired: 4403,
};

/** What a socket's operations have in common. */
type SocketCaller = Omit<CallerContext, 'requestId'>;

/** The result of a query or a mutation, as JSON; or the errors for which it was refused before it ran, as JSON. */
export type Executed = { readonly result: string } | { readonly refusals: string };

/** Runs a query or a mutation as if it had come by HTTP. */
export type Execute = (request: OperationRequest, caller: CallerContext) => Promise<Executed>;

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
    reader: OperationReader;
    turns: Turns;
    callerOf: (request: IncomingMessage, authorization: string | undefined) => Omit<SocketCaller, 'problem'>;
    newRequestId: () => string;
    formatErrors: (errors: readonly unknown[]) => readonly unknown[];
    log: Log;
  },
): Sockets {
  const { settings, authentication, sessions, subscriptions, execute, connections, reader, turns } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: (offered) => offered.has(socketProtocol) && socketProtocol,
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, settings, connections);
    if (refusal) {
      // Node has handed the socket over, with nobody left who listens: an error would end the process.
      socket.on('error', () => socket.destroy());
      setTimeout(() => socket.destroy(), refusedCloseMs).unref();
      const { status, sentence } = refusal;
      socket.end(
        `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(sentence)}\r\n\r\n${sentence}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      accepted.once('close', connections.open());
      // A message that is too long or malformed closes the socket by itself.
      accepted.on('error', (error) => options.log.debug({ err: error }, 'a socket failed'));
      if (accepted.protocol === socketProtocol) serve(accepted, request);
      else accepted.close(subprotocolNotAcceptable, `Only ${socketProtocol} is spoken here`);
    });
  });

  const serve = (socket: WebSocket, request: IncomingMessage): void => {
    let caller: SocketCaller | undefined;
    new SocketConnection(socket, {
      async open(payload) {
        caller = await identify(socket, request, payload.authorization ?? payload.Authorization);
        return caller !== undefined;
      },
      async run(parameters, running) {
        if (!caller) throw new Error('an operation came before its socket was acknowledged');
        try {
          if (running > maxOperationsPerSocket) throw tooManyOperations();
          const operation = reader.read(parameters);
          await turns.take(operation.query);
          return await answer(operation, { ...caller, requestId: options.newRequestId() });
        } catch (error) {
          return { refusals: JSON.stringify(options.formatErrors([error])) };
        }
      },
      failed: (error) => options.log.error({ err: error }, 'a socket was closed, because serving it failed'),
    });
  };

  const answer = async (request: OperationRequest, caller: CallerContext): Promise<SocketAnswer> =>
    subscriptions.read(request).operation.operation === 'subscription'
      ? { payloads: await subscriptions.subscribe(request, caller) }
      : await execute(request, caller);

  /** Finds out who has connected. Undefined where they may not: then the socket has been closed. */
  const identify = async (
    socket: WebSocket,
    request: IncomingMessage,
    given: unknown,
  ): Promise<SocketCaller | undefined> => {
    const identity = await authentication.identify(
      typeof given === 'string' ? given : request.headers.authorization,
    );
    // The socket closed while we identified its user; without this check it would stay counted for ever.
    if (socket.readyState !== socket.OPEN) return undefined;
    // A caller without a token may still have what is public.
    if (identity.problem && identity.problem !== 'missing') {
      socket.close(closeCodes[identity.problem], authenticationProblems[identity.problem]);
      return undefined;
    }
    const { claims } = identity;
    if (claims) {
      const leave = connections.openFor(claims.userId);
      if (typeof leave === 'string') {
        socket.close(tryAgainLater, leave);
        return undefined;
      }
      const unwatch = sessions.watch(claims, (why) =>
        socket.close(closeCodes[why], authenticationProblems[why]),
      );
      socket.once('close', () => {
        unwatch();
        leave();
      });
    }
    return {
      ...options.callerOf(request, identity.authorization),
      userId: claims?.userId,
      problem: identity.problem,
    };
  };

  return {
    get size() {
      return sockets.clients.size;
    },
    async close() {
      const closed = [...sockets.clients].map((socket) => {
        socket.close(goingAway, 'Going away');
        return once(socket, 'close');
      });
      // A client that has vanished never closes its socket.
      await Promise.race([Promise.all(closed), sleep(goodbyeMs, undefined, { ref: false })]);
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

const tooManyOperations = () =>
  new GraphQLError(`At most ${maxOperationsPerSocket} operations may run on one socket at once.`, {
    extensions: { code: 'TOO_MANY_REQUESTS' },
  });

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

import { ApolloLink, CombinedGraphQLErrors, HttpLink, Observable } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { RetryLink } from '@apollo/client/link/retry';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition } from '@apollo/client/utilities';
import { createClient } from 'graphql-ws';
import { from, repeat, retry, switchMap, throwError, timer } from 'rxjs';
import { freshToken, readSession, renew } from '../session/session.ts';
import { noteConnected } from './connection.ts';

/** What a socket is closed with when its token has run out or its session has ended. */
const unauthorized = 4401;
/** How long the socket may stay silent, and the longest pause between two tries to connect, in milliseconds. */
const keepAliveMs = 10_000;
const maxRetryMs = 3_000;

/** Queries and mutations, by HTTP. */
export function httpLink(): ApolloLink {
  return ApolloLink.from([renewing, retrying, authorised, new HttpLink({ uri: '/graphql' })]);
}

const authorised = new SetContextLink(async ({ headers }) => {
  const token = await freshToken();
  return token === undefined ? {} : { headers: { ...headers, authorization: `Bearer ${token}` } };
});

/** A token that ended before its time is renewed, and the operation asked once more: it was refused, not done. */
const renewing = new ErrorLink(({ error, operation, forward }) => {
  const refused = CombinedGraphQLErrors.is(error) && error.errors.some(isUnauthenticated);
  if (!refused || operation.getContext().renewed || readSession().status !== 'signed in') return undefined;
  operation.setContext({ renewed: true });
  return from(renew()).pipe(
    switchMap((session) => (session.status === 'signed in' ? forward(operation) : throwError(() => error))),
  );
});

const isUnauthenticated = ({ extensions }: { extensions?: Record<string, unknown> }) =>
  extensions?.code === 'UNAUTHENTICATED';

/** Reading is tried again where there was no answer; what changes something is for the user to repeat. */
const retrying = new RetryLink({
  delay: { initial: 300, max: maxRetryMs, jitter: true },
  attempts: (count, operation, error) => {
    const noAnswer = !CombinedGraphQLErrors.is(error);
    return noAnswer && count < 4 && kindOf(operation) === 'query';
  },
});

export const kindOf = (operation: Pick<ApolloLink.Operation, 'query'>): string => {
  const definition = getMainDefinition(operation.query);
  return definition.kind === 'OperationDefinition' ? definition.operation : 'fragment';
};

/** Subscriptions, by one socket that comes back by itself; each begins with the state of the moment. */
export function socketLink(): ApolloLink {
  let socket: WebSocket | undefined;
  let unanswered: number | undefined;
  const client = createClient({
    url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    connectionParams: async () => ({ authorization: `Bearer ${await freshToken()}` }),
    lazyCloseTimeout: 1_000,
    keepAlive: keepAliveMs,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: (tries) =>
      new Promise((resolve) => {
        const wait = setTimeout(resolve, Math.min(maxRetryMs, 200 * 2 ** tries) * (0.5 + Math.random() / 2));
        const goOn = () => {
          clearTimeout(wait);
          resolve();
        };
        // Somebody who is online again is not kept waiting.
        addEventListener('online', goOn, { once: true });
      }),
    on: {
      opened: (opened) => {
        socket = opened as WebSocket;
      },
      connected: () => noteConnected(true),
      ping: (received) => {
        if (!received)
          unanswered = window.setTimeout(() => socket?.close(4408, 'no answer'), keepAliveMs / 2);
      },
      pong: (received) => {
        if (received) clearTimeout(unanswered);
      },
      closed: (event) => {
        clearTimeout(unanswered);
        const { code, wasClean } = event as CloseEvent;
        if (code !== unauthorized && !(wasClean && code === 1000)) noteConnected(false);
      },
    },
  });
  const socketLink = new GraphQLWsLink(client);
  return new ApolloLink((operation) => {
    const payloads = new Observable<ApolloLink.Result>((observer) =>
      socketLink.request(operation).subscribe(observer),
    );
    return payloads.pipe(
      retry({
        delay: (error: unknown) =>
          isClosedAsUnauthorized(error) ? from(renewed()) : throwError(() => error),
      }),
      // Ended by the server for a reason of its own, such as another version of the graph.
      operation.getContext().endless
        ? repeat({ delay: () => timer(500 + Math.random() * 500) })
        : (same) => same,
    );
  });
}

const isClosedAsUnauthorized = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === unauthorized;

/** @throws where nobody is signed in any more: then nothing is subscribed anew. */
async function renewed(): Promise<void> {
  if ((await renew()).status !== 'signed in') throw new Error('the session has ended');
}

import { ApolloLink, CombinedGraphQLErrors, HttpLink, Observable } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { RetryLink } from '@apollo/client/link/retry';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition } from '@apollo/client/utilities';
import { createClient } from 'graphql-ws';
import { from, repeat, retry, switchMap, throwError } from 'rxjs';
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
  let unanswered: number | undefined;
  let closedWith: number | undefined;
  const client = createClient({
    url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    connectionParams: async () => {
      const token = await freshToken().catch(() => undefined);
      return token === undefined ? {} : { authorization: `Bearer ${token}` };
    },
    lazyCloseTimeout: 1_000,
    keepAlive: keepAliveMs,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: (tries) => pause(Math.min(maxRetryMs, 200 * 2 ** tries)),
    on: {
      connected: () => {
        closedWith = undefined;
        noteConnected(true);
      },
      ping: (received) => {
        if (!received) unanswered = window.setTimeout(() => client.terminate(), keepAliveMs / 2);
      },
      pong: (received) => {
        if (received) clearTimeout(unanswered);
      },
      closed: (event) => {
        clearTimeout(unanswered);
        const { code, wasClean } = event as CloseEvent;
        closedWith = code;
        if (code !== unauthorized && !(wasClean && code === 1000)) noteConnected(false);
      },
    },
  });
  const once = new GraphQLWsLink(client);
  /** Resolves when it may be worth while to subscribe again. @throws where it is not. */
  const again = async (error: unknown): Promise<void> => {
    const refusal = CombinedGraphQLErrors.is(error) ? String(error.errors[0]?.extensions?.code) : undefined;
    if (refusal !== undefined && !passing.has(refusal)) throw error;
    if (refusal !== 'UNAUTHENTICATED' && closedWith !== unauthorized) return pause(maxRetryMs);
    while ((await renew().catch(() => undefined)) === undefined) await pause(maxRetryMs);
    // With nobody signed in, there is nothing to subscribe to.
    if (readSession().status !== 'signed in') throw error;
  };
  return new ApolloLink((operation) =>
    new Observable<ApolloLink.Result>((observer) => once.request(operation).subscribe(observer)).pipe(
      retry({ delay: (error: unknown) => from(again(error)) }),
      // Ended by the server for a reason of its own, such as another version of the graph.
      operation.getContext().endless ? repeat({ delay: () => from(pause(1_000)) }) : (same) => same,
    ),
  );
}

/** What a subscription is refused with that may be another time: the session's end, which another token may mend. */
const passing = new Set(['UNAUTHENTICATED', 'TOO_MANY_REQUESTS', 'INTERNAL', 'INTERNAL_SERVER_ERROR']);

/** Half of the time to all of it, by chance; who is online again is not kept waiting. */
const pause = (atMostMs: number): Promise<void> =>
  new Promise((resolve) => {
    const goOn = () => {
      clearTimeout(timer);
      removeEventListener('online', goOn);
      resolve();
    };
    const timer = setTimeout(goOn, atMostMs * (0.5 + Math.random() / 2));
    addEventListener('online', goOn);
  });

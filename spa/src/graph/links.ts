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

/** The codes that the gateway closes a socket with when its session has ended, and when its token has run out. */
const sessionEnded = 4401;
const tokenExpired = 4403;
/** The interval of pings on the socket, and the longest pause between two tries to connect, in milliseconds. */
const keepAliveMs = 10_000;
const maxRetryMs = 3_000;

/** Returns the link for queries and mutations, which go by HTTP. */
export function httpLink(): ApolloLink {
  return ApolloLink.from([renewing, retrying, authorised, new HttpLink({ uri: '/graphql' })]);
}

const authorised = new SetContextLink(async ({ headers }) => {
  const token = await freshToken();
  return token === undefined ? {} : { headers: { ...headers, authorization: `Bearer ${token}` } };
});

/** Renews a token that was refused and sends the operation once more, which is safe: the first one was refused. */
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

/** Repeats queries that got no answer. Mutations are not repeated: the user decides. */
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

/**
 * Returns the link for subscriptions, which share one socket. The socket reconnects by itself; each subscription then
 * begins with the current state.
 */
export function socketLink(): ApolloLink {
  let unanswered: number | undefined;
  let closedWith: number | undefined;
  const client = createClient({
    url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    connectionParams: async () => {
      // It is the gateway's clock that counts: by ours, the token may still be good.
      if (closedWith === tokenExpired) await renew().catch(() => undefined);
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
        if (code !== sessionEnded && code !== tokenExpired && !(wasClean && code === 1000))
          noteConnected(false);
      },
    },
  });
  const once = new GraphQLWsLink(client);
  /** Resolves when the subscription can be tried again. @throws the error where another try would be refused, too. */
  const again = async (error: unknown): Promise<void> => {
    const refusal = CombinedGraphQLErrors.is(error) ? String(error.errors[0]?.extensions?.code) : undefined;
    if (refusal !== undefined && !passing.has(refusal)) throw error;
    if (refusal !== 'UNAUTHENTICATED' && closedWith !== sessionEnded) return pause(maxRetryMs);
    while ((await renew().catch(() => undefined)) === undefined) await pause(maxRetryMs);
    // No user is signed in, so another try would be refused.
    if (readSession().status !== 'signed in') throw error;
  };
  return new ApolloLink((operation) =>
    new Observable<ApolloLink.Result>((observer) => once.request(operation).subscribe(observer)).pipe(
      retry({ delay: (error: unknown) => from(again(error)) }),
      // The server may complete a subscription, for example when it has a new version of the graph.
      operation.getContext().endless ? repeat({ delay: () => from(pause(1_000)) }) : (same) => same,
    ),
  );
}

/** Codes of refusals that may pass, so the subscription is tried again; UNAUTHENTICATED with a new token. */
const passing = new Set(['UNAUTHENTICATED', 'TOO_MANY_REQUESTS', 'INTERNAL', 'INTERNAL_SERVER_ERROR']);

/** Waits for a random time, from half of `atMostMs` to all of it, or until the browser is online again. */
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

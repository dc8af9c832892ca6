import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { readSession, watchSession } from '../session/session.ts';
import { isReachable, watchConnection } from './connection.ts';
import { httpLink, kindOf, socketLink } from './links.ts';
import { paged } from './pages.ts';

declare module '@apollo/client' {
  namespace ApolloClient {
    namespace DeclareDefaultOptions {
      interface WatchQuery {
        errorPolicy: 'all';
      }
    }
  }
}

/** The graph's client: one cache for all pages, where each thing is one object however it came. */
export function createGraphClient(): ApolloClient {
  const cache = new InMemoryCache({
    typePolicies: {
      Query: {
        fields: {
          myTasks: paged({ by: ['status'] }),
          accounts: paged(),
          payoutRuns: paged({ grows: true }),
          users: paged({ by: ['role', 'search'] }),
          reassignments: paged(),
          account: (existing, { args, toReference }) =>
            existing ?? toReference({ __typename: 'Account', id: args?.id }),
          task: (existing, { args, toReference }) =>
            existing ?? toReference({ __typename: 'Task', id: args?.id }),
        },
      },
      Account: {
        fields: {
          auditLog: paged({ by: ['day'], grows: true }),
          days: paged({ grows: true, key: 'day' }),
          payouts: paged({ grows: true }),
        },
      },
      Task: { fields: { assignments: paged({ grows: true }) } },
      CompanyDay: { keyFields: ['day'] },
      AnalyticsDay: { keyFields: ['day'] },
      AccountDay: { keyFields: false },
      MostExpensiveTask: { keyFields: false },
      BalanceChange: { keyFields: false },
      TaskChange: { keyFields: false },
    },
  });
  const client = new ApolloClient({
    cache,
    link: ApolloLink.split((operation) => kindOf(operation) === 'subscription', socketLink(), httpLink()),
    defaultOptions: {
      // What a part that is away leaves out is missing; the rest is shown.
      watchQuery: { fetchPolicy: 'cache-and-network', nextFetchPolicy: 'cache-first', errorPolicy: 'all' },
    },
  });
  // What was seen last is shown at once and read again; after a time without the graph, all that is on the page.
  watchConnection(() => {
    if (isReachable()) void client.refetchQueries({ include: 'active' });
  });
  watchSession(() => {
    if (readSession().status === 'signed out') void client.clearStore();
  });
  return client;
}

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

/** Creates the graph's client. All pages share one cache, which has one object for each thing, whatever read it. */
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
      // The cache is shown at once and read again. Where a service does not answer, its fields are missing and the
      // rest is shown.
      watchQuery: { fetchPolicy: 'cache-and-network', nextFetchPolicy: 'cache-first', errorPolicy: 'all' },
    },
  });
  // After a time without a connection, everything on the page is read again.
  watchConnection(() => {
    if (isReachable()) void client.refetchQueries({ include: 'active' });
  });
  watchSession(() => {
    if (readSession().status === 'signed out') void client.clearStore();
  });
  return client;
}

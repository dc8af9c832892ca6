import { ApolloClient, ApolloLink, gql, InMemoryCache, Observable } from '@apollo/client';
import { expect, test } from 'vitest';
import { paged } from '../src/graph/pages.ts';

const query = gql`
  query ($status: String, $after: String) {
    myTasks(status: $status, after: $after) {
      nodes {
        id
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

/** A client that is answered with these pages, one after the other. */
function clientWith(pages: string[][], { grows = false } = {}) {
  const cache = new InMemoryCache({
    typePolicies: { Query: { fields: { myTasks: paged({ by: ['status'], grows }) } } },
  });
  const link = new ApolloLink(
    () =>
      new Observable((observer) => {
        const nodes = (pages.shift() ?? []).map((id) => ({ __typename: 'Task', id }));
        const pageInfo = { __typename: 'PageInfo', hasNextPage: pages.length > 0, endCursor: 'end' };
        observer.next({ data: { myTasks: { __typename: 'TaskConnection', nodes, pageInfo } } });
        observer.complete();
      }),
  );
  return new ApolloClient({ cache, link });
}

const read = async (client: ApolloClient, status: string, after: string | null) => {
  await client.query({ query, variables: { status, after }, fetchPolicy: 'network-only' });
  const found = client.readQuery<{ myTasks: { nodes: { id: string }[] } }>({
    query,
    variables: { status, after: null },
  });
  return found?.myTasks.nodes.map(({ id }) => id);
};

test('pages come one behind the other, and what has moved from one to the next only once', async () => {
  const client = clientWith([
    ['5', '4'],
    ['4', '3'],
  ]);
  expect(await read(client, 'DONE', null)).toEqual(['5', '4']);
  expect(await read(client, 'DONE', 'end')).toEqual(['5', '4', '3']);
});

test('the first page begins the list anew; lists with other arguments are others', async () => {
  const client = clientWith([['2', '1'], ['9'], ['3', '2']]);
  expect(await read(client, 'DONE', null)).toEqual(['2', '1']);
  expect(await read(client, 'IN_PROGRESS', null)).toEqual(['9']);
  expect(await read(client, 'DONE', null)).toEqual(['3', '2']);
});

test('of a list that only grows, the first page read again leaves what is behind it', async () => {
  const client = clientWith(
    [
      ['4', '3'],
      ['2', '1'],
      ['5', '4'],
      ['9', '8'],
    ],
    { grows: true },
  );
  await read(client, 'DONE', null);
  expect(await read(client, 'DONE', 'end')).toEqual(['4', '3', '2', '1']);
  expect(await read(client, 'DONE', null)).toEqual(['5', '4', '3', '2', '1']);
  // Unless so much has come that nobody knows what lies between.
  expect(await read(client, 'DONE', null)).toEqual(['9', '8']);
});

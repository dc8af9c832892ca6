import { composeServices } from '@apollo/composition';
import { Supergraph } from '@apollo/federation-internals';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse } from 'graphql';
import { expect, test } from 'vitest';
import { Executor } from '../src/execute/executor.ts';
import { writeResult } from '../src/execute/jsonText.ts';
import { createPlanner } from '../src/execute/planner.ts';

interface Part {
  readonly sdl: string;
  readonly resolvers?: unknown;
}

/** Composes subgraphs, and returns a function that executes a query over them. */
function graphOf(parts: Readonly<Record<string, Part>>) {
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
    import: ["@key", "@external", "@requires", "@shareable", "@interfaceObject"])\n`;
  const { supergraphSdl, errors } = composeServices(
    Object.entries(parts).map(([name, { sdl }]) => ({
      name,
      url: `http://${name}.subgraph`,
      typeDefs: parse(link + sdl),
    })),
  );
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'));
  const planner = createPlanner(supergraphSdl);
  const executor = new Executor({
    supergraphSdl,
    apiSchema: Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema(),
    plan: async (...operation) => planner(...operation),
    maxAnswerLength: 1_000_000,
  });
  const schemas = new Map(
    Object.entries(parts).map(([name, { sdl, resolvers = {} }]) => [
      name,
      buildSubgraphSchema([{ typeDefs: parse(link + sdl), resolvers: resolvers as never }]),
    ]),
  );
  return async (query: string) => {
    const answer = await executor.execute(
      { key: query, document: parse(query), operationName: undefined, variables: {} },
      async (name, body) => {
        const request = JSON.parse(body);
        const result = await execute({
          schema: schemas.get(name)!,
          document: parse(request.query),
          variableValues: request.variables,
        });
        return JSON.parse(JSON.stringify(result));
      },
    );
    return JSON.parse(writeResult(answer));
  };
}

const users = graphOf({
  people: {
    sdl: 'type Query { users: [User] user: User } type User @key(fields: "id") { id: ID! name: String }',
    resolvers: {
      Query: {
        users: () => [
          { id: '1', name: 'Olga' },
          { id: '2', name: 'Boris' },
        ],
        user: () => ({ id: '1', name: 'Olga' }),
      },
      User: { __resolveReference: ({ id }: { id: string }) => ({ id, name: id === '1' ? 'Olga' : 'Boris' }) },
    },
  },
  calls: {
    sdl: `type User @key(fields: "id") {
      id: ID! nick: String boom: String name: String @external loud: String @requires(fields: "name") }`,
    resolvers: {
      User: {
        nick: ({ id }: { id: string }) => `nick ${id}`,
        loud: ({ name }: { name: string }) => name.toUpperCase(),
        boom: () => {
          throw new Error('boom');
        },
      },
    },
  },
});

test.each([
  ['a key', '{ users { id: name nick } }', { id: 'Olga', nick: 'nick 1' }],
  ['a required field', '{ users { name: id loud } }', { name: '1', loud: 'OLGA' }],
  [
    'a required field, from another subgraph',
    '{ users { name: nick loud } }',
    { name: 'nick 1', loud: 'OLGA' },
  ],
  ['the name of the type', '{ users { __typename: id loud } }', { __typename: '1', loud: 'OLGA' }],
  ['both', '{ users { id: loud name: id real: name } }', { id: 'OLGA', name: '1', real: 'Olga' }],
])('another field may have the name of %s that subgraphs need', async (_, query, first) => {
  const { data, errors } = await users(query);
  expect(errors).toBeUndefined();
  expect(data.users[0]).toEqual(first);
  // In the order of the selection.
  expect(Object.keys(data.users[0])).toEqual(Object.keys(first));
});

test('an error of a field with such a name stands at the name that the client knows', async () => {
  const { data, errors } = await users('{ users { name: boom loud } }');
  expect(data.users).toEqual([
    { name: null, loud: 'OLGA' },
    { name: null, loud: 'BORIS' },
  ]);
  expect(errors.map(({ path }: { path: unknown }) => path)).toEqual([
    ['users', 0, 'name'],
    ['users', 1, 'name'],
  ]);
});

test('a client that asks for a field with its own arguments gets that, also where another field needs it with others', async () => {
  const posts = graphOf({
    texts: {
      sdl: `type Query { post: Post } type Post @key(fields: "id") { id: ID! comments(limit: Int! = 2): [Comment] }
        type Comment @key(fields: "id") { id: ID! text: String }`,
      resolvers: {
        Query: { post: () => ({ id: '1' }) },
        Post: {
          comments: (_: unknown, { limit }: { limit: number }) =>
            Array.from({ length: limit }, (_, n) => ({ id: `${n}`, text: `text ${n}` })),
        },
      },
    },
    authors: {
      sdl: `type Post @key(fields: "id") { id: ID! comments(limit: Int! = 2): [Comment] @external
          authors: [ID] @requires(fields: "comments(limit: 3) { id }") }
        type Comment @key(fields: "id") { id: ID! }`,
      resolvers: {
        Post: { authors: ({ comments }: { comments: { id: string }[] }) => comments.map(({ id }) => id) },
      },
    },
  });
  const authors = ['0', '1', '2'];
  expect(await posts('{ post { comments(limit: 1) { text } authors } }')).toEqual({
    data: { post: { comments: [{ text: 'text 0' }], authors } },
  });
  // With the default of its argument.
  expect(await posts('{ post { comments { text } authors } }')).toEqual({
    data: { post: { comments: [{ text: 'text 0' }, { text: 'text 1' }], authors } },
  });
});

test('two fields that need one field with different arguments are refused together, and each alone is right', async () => {
  const products = graphOf({
    prices: {
      sdl: 'type Query { product: Product } type Product @key(fields: "id") { id: ID! price(currency: String!): String }',
      resolvers: {
        Query: { product: () => ({ id: '1' }) },
        Product: { price: (_: unknown, { currency }: { currency: string }) => `1 ${currency}` },
      },
    },
    shops: {
      sdl: `type Product @key(fields: "id") { id: ID! price(currency: String!): String @external
        us: String @requires(fields: "price(currency: \\"USD\\")")
        eu: String @requires(fields: "price(currency: \\"EUR\\")") }`,
      resolvers: {
        Product: { us: ({ price }: { price: string }) => price, eu: ({ price }: { price: string }) => price },
      },
    },
  });
  expect(await products('{ product { us } }')).toEqual({ data: { product: { us: '1 USD' } } });
  expect(await products('{ product { eu price(currency: "CHF") } }')).toEqual({
    data: { product: { eu: '1 EUR', price: '1 CHF' } },
  });
  await expect(products('{ product { us ...E } } fragment E on Product { eu }')).rejects.toThrow(
    'Product.us and Product.eu need the same field with different arguments',
  );
});

/** Users that one subgraph knows by their id and another by their uuid; a third knows both, of the first user only. */
const chained = graphOf({
  people: {
    sdl: 'type Query { users: [User] } type User @key(fields: "id") { id: ID! }',
    resolvers: { Query: { users: () => [{ id: '1' }, { id: '2' }] } },
  },
  ids: {
    sdl: 'type User @key(fields: "id") @key(fields: "uuid") { id: ID! uuid: ID! }',
    resolvers: {
      User: { __resolveReference: ({ id }: { id: string }) => (id === '1' ? { id, uuid: 'one' } : null) },
    },
  },
  ages: {
    sdl: 'type User @key(fields: "uuid") { uuid: ID! age: Int }',
    resolvers: { User: { age: () => 40 } },
  },
});

test('an entity that is reached by one key gets the fields that need another, or an error', async () => {
  const { data, errors } = await chained('{ users { age } }');
  expect(data).toEqual({ users: [{ age: 40 }, { age: null }] });
  expect(errors).toMatchObject([
    {
      message: 'The subgraph "ages" was not asked: no other one said what it needs to know.',
      path: ['users', 1],
    },
  ]);
});

test('an interface object that its subgraph does not know is an error', async () => {
  const things = graphOf({
    kinds: {
      sdl: `type Query { nothing: Int } interface Thing @key(fields: "id") { id: ID! own: String }
        type Kind implements Thing @key(fields: "id") { id: ID! own: String }`,
      resolvers: {
        Thing: {
          __resolveReference: ({ id }: { id: string }) =>
            id === '1' ? { __typename: 'Kind', id, own: 'own' } : null,
        },
      },
    },
    lists: {
      sdl: 'type Query { things: [Thing] } type Thing @interfaceObject @key(fields: "id") { id: ID! added: Int }',
      resolvers: { Query: { things: () => ['1', '2'].map((id) => ({ id, added: 3 })) } },
    },
  });
  const { data, errors } = await things('{ things { id added own } }');
  expect(data).toEqual({
    things: [
      { id: '1', added: 3, own: 'own' },
      { id: '2', added: 3, own: null },
    ],
  });
  expect(errors).toMatchObject([
    { message: 'The subgraph "kinds" does not know this Thing.', path: ['things', 1] },
  ]);
  // Nobody has to know it for what its list says.
  expect(await things('{ things { id added } }')).toEqual({
    data: { things: ['1', '2'].map((id) => ({ id, added: 3 })) },
  });
});

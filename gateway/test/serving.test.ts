import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { answers, startFarm } from './fixture.ts';

test('an operation over both subgraphs is answered from both', async () => {
  const farm = await startFarm();
  const { status, json } = await farm.graphql({ query: '{ hen(id: 3) { name owner { name } } }' });
  expect(status).toBe(200);
  expect(json).toEqual({ data: { hen: { name: 'Hen 3', owner: { name: 'Olga' } } } });
});

test('of a client’s headers a subgraph sees authorization, cookie and x-session, and what the gateway itself says', async () => {
  const farm = await startFarm();
  const { headers } = await farm.graphql(
    { query: '{ hello }' },
    {
      authorization: 'Bearer something',
      cookie: 'a=1',
      'x-session': 'cookie',
      'x-client-address': '6.6.6.6',
      'x-forwarded-for': '6.6.6.6',
      'x-internal-secret': 'guessed guessed guessed',
      'x-request-id': 'mine',
      'x-anything': 'else',
      'user-agent': 'tester',
    },
  );
  const seen = farm.hens.asked[0]?.headers ?? {};
  expect(seen).toMatchObject({
    authorization: 'Bearer something',
    cookie: 'a=1',
    'x-session': 'cookie',
    'x-client-address': '127.0.0.1',
    'x-internal-secret': 'a secret of the hens',
    'x-request-id': headers.get('x-request-id'),
  });
  expect(seen['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  for (const name of ['x-anything', 'x-forwarded-for', 'user-agent']) expect(seen).not.toHaveProperty(name);
});

test('behind a trusted proxy the client’s address is the last entry of X-Forwarded-For, however many it made up', async () => {
  const farm = await startFarm({ TRUSTED_PROXIES: '1' });
  await farm.graphql({ query: '{ hello }' }, { 'x-forwarded-for': '6.6.6.6, 10.1.2.3' });
  expect(farm.hens.asked[0]?.headers['x-client-address']).toBe('10.1.2.3');
});

test('of a subgraph’s headers a client sees set-cookie, each of them, and nothing else', async () => {
  const farm = await startFarm();
  farm.hens.override = answers(
    200,
    { data: { hello: 'x' } },
    {
      'set-cookie': ['a=1; HttpOnly', 'b=2'],
      'x-secret-of-hens': 'eggs',
    },
  );
  const { headers } = await farm.graphql({ query: '{ hello }' });
  expect(headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
  expect(headers.has('x-secret-of-hens')).toBe(false);
});

test('a page of another origin neither sends nor gets cookies', async () => {
  const farm = await startFarm();
  farm.hens.override = answers(200, { data: { hello: 'x' } }, { 'set-cookie': 'a=1' });
  const { headers } = await farm.graphql(
    { query: '{ hello }' },
    { origin: 'https://studio.apollographql.com', cookie: 'a=1', 'x-session': 'cookie' },
  );
  expect(headers.getSetCookie()).toEqual([]);
  expect(farm.hens.asked[0]?.headers).not.toHaveProperty('cookie');
  expect(farm.hens.asked[0]?.headers).not.toHaveProperty('x-session');
});

test('a preflight is answered for allowed origins and refused for others', async () => {
  const farm = await startFarm();
  const preflight = (origin: string) =>
    fetch(`${farm.gateway.url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
  const allowed = await preflight('https://studio.apollographql.com');
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://studio.apollographql.com');
  expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(allowed.headers.has('access-control-allow-credentials')).toBe(false);
  const refused = await preflight('https://evil.example');
  expect(refused.status).toBe(403);
  expect(refused.headers.has('access-control-allow-origin')).toBe(false);
});

test('GET answers persisted queries, and neither plain ones nor requests a foreign page could make', async () => {
  const farm = await startFarm();
  const query = '{ hello }';
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  const search = new URLSearchParams({ extensions: JSON.stringify(extensions) });
  const get = (
    parameters: URLSearchParams,
    headers: Record<string, string> = { 'apollo-require-preflight': '1' },
  ) =>
    fetch(`${farm.gateway.url}/graphql?${parameters}`, {
      headers: { accept: 'application/json', ...headers },
    });

  const unknown = await get(search);
  expect((await unknown.json()).errors[0].extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
  await farm.graphql({ query, extensions });
  expect(await (await get(search)).json()).toEqual({ data: { hello: 'world' } });

  const plain = await get(new URLSearchParams({ query }));
  expect(plain.status).toBe(405);
  expect((await plain.json()).errors[0].message).toMatch(/Send this operation by POST/);
  const csrf = await get(search, {});
  expect(csrf.status).toBe(400);
});

test('a hash that does not fit its query is the client’s mistake, not an internal error', async () => {
  const farm = await startFarm();
  const { json } = await farm.graphql({
    query: '{ hello }',
    extensions: { persistedQuery: { version: 1, sha256Hash: 'ab' } },
  });
  expect(json.errors?.[0]).toMatchObject({
    message: 'provided sha does not match query',
    extensions: { code: 'BAD_REQUEST' },
  });
});

test('a subscription by POST is refused with a sentence', async () => {
  const farm = await startFarm();
  const { status, json } = await farm.graphql({ query: 'subscription { laid }' });
  expect(status).toBe(400);
  expect(json.errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
  expect(json.errors?.[0]?.message).toMatch(/subscription needs a transport that streams/);
});

test('variables of the wrong type are BAD_USER_INPUT', async () => {
  const farm = await startFarm();
  const query = 'query ($first: Int) { hens(first: $first) { id } }';
  const { status, json } = await farm.graphql({ query, variables: { first: 'many' } });
  expect(status).toBe(200);
  expect(json.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT' });
  const modern = await farm.graphql(
    { query, variables: { first: 'many' } },
    { accept: 'application/graphql-response+json' },
  );
  expect(modern.status).toBe(400);
});

test('what cannot be parsed, validated or found is refused with its own code', async () => {
  const farm = await startFarm();
  const code = async (body: unknown) => (await farm.graphql(body)).json.errors?.[0]?.extensions.code;
  expect(await code({ query: '{ hello' })).toBe('GRAPHQL_PARSE_FAILED');
  expect(await code({ query: '{ goodbye }' })).toBe('GRAPHQL_VALIDATION_FAILED');
  expect(await code({ query: 'query A { hello } query B { hello }' })).toBe('OPERATION_RESOLUTION_FAILURE');
  expect(await code({ query: 'query A { hello }', operationName: 'C' })).toBe('OPERATION_RESOLUTION_FAILURE');
  expect(await code({ variables: {} })).toBe('BAD_REQUEST');
  expect(await code([{ query: '{ hello }' }, { query: '{ hello }' }])).toBe('BAD_REQUEST');
});

test('introspection is on', async () => {
  const farm = await startFarm();
  const { json } = await farm.graphql({ query: '{ __schema { queryType { name } } }' });
  expect(json.data.__schema.queryType.name).toBe('Query');
});

test('a stop lets a request under way finish, refuses new ones, and takes no 4 s', async () => {
  const farm = await startFarm();
  farm.hens.override = async () => {
    await new Promise((resolve) => setTimeout(resolve, 600));
    return false;
  };
  const underWay = farm.graphql({ query: '{ hello }' });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const startedAt = performance.now();
  const stopped = farm.gateway.stop();
  await expect(farm.graphql({ query: '{ hello }' })).rejects.toThrow();
  expect((await underWay).json).toEqual({ data: { hello: 'world' } });
  await stopped;
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});

import { expect, test } from 'vitest';
import { startFarm, startIssuer } from './fixture.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('what is marked on the field, its type or its result is refused to strangers before any subgraph is asked', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  for (const query of [
    '{ secretHen { id } }',
    '{ farm { name } }',
    '{ hen(id: 1) { weight } }',
    '{ hello ...a } fragment a on Query { ...b } fragment b on Query { hens { friend { ... on Hen { w: weight } } } }',
    'mutation { sell(id: 1) }',
    'query Public { hello } mutation Private { sell(id: 1) }',
  ]) {
    const operationName = query.includes('Private') ? 'Private' : undefined;
    const { status, json } = await farm.graphql({ query, operationName });
    expect(json.errors?.[0]?.extensions, query).toEqual({ code: 'UNAUTHENTICATED' });
    expect(json.errors?.[0]?.message).toMatch(/^Sign in first/);
    expect(status).toBe(200);
  }
  expect(farm.hens.asked).toEqual([]);
});

test('the status of an early refusal is 401 for clients of the newer media type', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const { status, headers } = await farm.graphql(
    { query: '{ farm { name } }' },
    { accept: 'application/graphql-response+json' },
  );
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toBe('Bearer');
});

test('what is not marked, not the selected operation, or left out by a condition needs nobody signed in', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const conditional = 'query ($all: Boolean!) { hello farm @include(if: $all) { name } }';
  for (const body of [
    { query: '{ hello hens { name owner { name } } }' },
    { query: 'query Public { hello } mutation Private { sell(id: 1) }', operationName: 'Public' },
    { query: '{ hello farm @skip(if: true) { name } }' },
    { query: conditional, variables: { all: false } },
  ]) {
    expect((await farm.graphql(body)).json.errors, body.query).toBeUndefined();
  }
  const asked = await farm.graphql({ query: conditional, variables: { all: true } });
  expect(asked.json.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

test('a valid token passes, and on to the subgraph', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const token = await issuer.token();
  const { json } = await farm.graphql({ query: '{ farm { name } }' }, bearer(token));
  expect(json).toEqual({ data: { farm: { name: 'Farm' } } });
  expect(farm.hens.asked[0]?.headers.authorization).toBe(`Bearer ${token}`);
});

test('a token that has run out is refused by the gateway’s clock', async () => {
  const issuer = await startIssuer();
  let now = new Date();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` }, { clock: { now: () => now } });
  const token = await issuer.token('15m');
  expect((await farm.graphql({ query: '{ farm { name } }' }, bearer(token))).json.errors).toBeUndefined();
  now = new Date(now.getTime() + 16 * 60_000);
  const { json } = await farm.graphql({ query: '{ farm { name } }' }, bearer(token));
  expect(json.errors?.[0]).toMatchObject({
    message: expect.stringMatching(/run out/),
    extensions: { code: 'UNAUTHENTICATED' },
  });
});

test('a log-in succeeds in spite of an old or damaged token, which the subgraph does not get', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const old = await issuer.token(Math.floor(Date.now() / 1000) - 60);
  for (const token of [old, 'damaged', `${(await issuer.token()).slice(0, -8)}AAAAAAAA`]) {
    const { json } = await farm.graphql({ query: 'mutation { logIn(name: "Olga") }' }, bearer(token));
    expect(json).toEqual({ data: { logIn: 'token of Olga' } });
    expect(farm.hens.asked.at(-1)?.headers).not.toHaveProperty('authorization');
  }
});

test('while keys cannot be fetched, the subgraphs decide', async () => {
  const issuer = await startIssuer();
  await issuer.down();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const { json } = await farm.graphql({ query: '{ farm { name } }' }, bearer(await issuer.token()));
  expect(json).toEqual({ data: { farm: { name: 'Farm' } } });
  expect(farm.hens.asked[0]?.headers.authorization).toMatch(/^Bearer ey/);
});

test('an ended session is refused within a second, with one question a second', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({
    JWKS_URL: `${issuer.url}/jwks`,
    INTROSPECTION_URL: `${issuer.url}/introspect`,
  });
  const token = await issuer.token();
  const ask = async () => (await farm.graphql({ query: '{ farm { name } }' }, bearer(token))).json;
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(
    Array(3).fill({ data: { farm: { name: 'Farm' } } }),
  );
  expect(issuer.introspections).toHaveLength(1);
  expect(issuer.introspections[0]?.body).toBe(new URLSearchParams({ token }).toString());
  expect(issuer.introspections[0]?.headers).toMatchObject({
    'content-type': 'application/x-www-form-urlencoded',
    'x-internal-secret': 'a secret of the issuer',
  });

  issuer.ended.add(token);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect((await ask()).errors?.[0]).toEqual({
    message: 'This session has ended. Sign in again.',
    extensions: { code: 'UNAUTHENTICATED' },
  });
  const { json } = await farm.graphql({ query: '{ hello }' }, bearer(token));
  expect(json).toEqual({ data: { hello: 'world' } });
  expect(farm.hens.asked.at(-1)?.headers).not.toHaveProperty('authorization');
});

test('a token whose state cannot be learnt in time counts as active', async () => {
  const issuer = await startIssuer();
  issuer.introspectionDelayMs = 10_000;
  const farm = await startFarm({
    JWKS_URL: `${issuer.url}/jwks`,
    INTROSPECTION_URL: `${issuer.url}/introspect`,
  });
  const token = await issuer.token();
  issuer.ended.add(token);
  const startedAt = performance.now();
  const { json } = await farm.graphql({ query: '{ farm { name } }' }, bearer(token));
  expect(json).toEqual({ data: { farm: { name: 'Farm' } } });
  expect(performance.now() - startedAt).toBeLessThan(issuer.introspectionDelayMs);
});

test('while it cannot be learnt whether tokens are active, the log says so, now and then', async () => {
  const issuer = await startIssuer();
  issuer.introspectionStatus = 503;
  const farm = await startFarm({
    JWKS_URL: `${issuer.url}/jwks`,
    INTROSPECTION_URL: `${issuer.url}/introspect`,
  });
  for (let n = 0; n < 3; n++) {
    const { json } = await farm.graphql(
      { query: '{ farm { name } }' },
      bearer(await issuer.token(`${n + 1}m`)),
    );
    expect(json).toEqual({ data: { farm: { name: 'Farm' } } });
  }
  expect(issuer.introspections).toHaveLength(3);
  expect(farm.log.filter(({ level }) => level === 40)).toMatchObject([
    {
      msg: expect.stringMatching(/^cannot ask whether tokens are still active .* until they expire$/),
    },
  ]);
  expect(JSON.stringify(farm.log)).toContain('503');
});

test('without JWKS_URL the token passes through and the subgraph decides', async () => {
  const farm = await startFarm();
  const { json } = await farm.graphql({ query: '{ farm { name } }' }, bearer('opaque'));
  expect(json).toEqual({ data: { farm: { name: 'Farm' } } });
  expect(farm.hens.asked[0]?.headers.authorization).toBe('Bearer opaque');
});

import { expect, test } from 'vitest';
import { type Farm, startFarm } from './fixture.ts';

async function refusal(farm: Farm, body: unknown) {
  const { status, json } = await farm.graphql(body, { accept: 'application/graphql-response+json' });
  expect(farm.hens.asked).toEqual([]);
  expect(status).toBe(400);
  const [error] = json.errors ?? [];
  return `${error?.extensions.code}: ${error?.message}`;
}

test('an operation that nests too deep is refused', async () => {
  const farm = await startFarm({ MAX_DEPTH: '6' });
  const nested = (levels: number) =>
    `{ hen(id: 1) { ${'friend { '.repeat(levels)} id ${'}'.repeat(levels)} } }`;
  expect(await refusal(farm, { query: nested(5) })).toMatch(
    /^GRAPHQL_VALIDATION_FAILED: Query depth limit of 6 exceeded, found 7\. Ask for less/,
  );
  expect((await farm.graphql({ query: nested(4) })).json.errors).toBeUndefined();
});

test('an operation of many aliases, also over a fragment, is refused', async () => {
  const farm = await startFarm();
  const aliases = Array.from({ length: 60 }, (_, i) => `h${i}: hello`).join(' ');
  expect(await refusal(farm, { query: `{ ${aliases} }` })).toMatch(
    /^GRAPHQL_VALIDATION_FAILED: Aliases limit of 50/,
  );
});

test('an operation of too many tokens is refused while it is parsed', async () => {
  const farm = await startFarm();
  expect(await refusal(farm, { query: `{ ${'hello '.repeat(2_000)} }` })).toMatch(
    /^GRAPHQL_PARSE_FAILED: .*more that 2000 tokens/,
  );
});

test('an operation of too many directives is refused', async () => {
  const farm = await startFarm({ MAX_DIRECTIVES: '3' });
  expect(await refusal(farm, { query: `{ ${'hello @skip(if: false) '.repeat(4)} }` })).toMatch(
    /^GRAPHQL_VALIDATION_FAILED: Directives limit of 3/,
  );
});

test('an operation whose lists multiply is refused by its cost', async () => {
  const farm = await startFarm({ MAX_COST: '500' });
  expect(await refusal(farm, { query: '{ hens(first: 200) { id name } }' })).toMatch(
    /^GRAPHQL_VALIDATION_FAILED: Query Cost limit of 500/,
  );
});

test('the introspection query of tools is within every limit', async () => {
  const farm = await startFarm();
  const { getIntrospectionQuery } = await import('graphql');
  const { json } = await farm.graphql({ query: getIntrospectionQuery() });
  expect(json.errors).toBeUndefined();
});

test('a megabyte is refused with 413, and what is not JSON with 400, both as GraphQL errors', async () => {
  const farm = await startFarm();
  const large = await farm.graphql({ query: `{ hello } # ${'x'.repeat(1024 * 1024)}` });
  expect(large.status).toBe(413);
  expect(large.json.errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
  const text = await farm.graphql('hello');
  expect(text.status).toBe(400);
  expect(text.json.errors?.[0]?.message).toMatch(/not JSON/);
});

test('a form that a foreign page could post is refused', async () => {
  const farm = await startFarm();
  const body = JSON.stringify({ query: 'mutation { logIn(name: "a") }' });
  const { status } = await farm.graphql(body, { 'content-type': 'text/plain' });
  expect(status).toBe(400);
  expect(farm.hens.asked).toEqual([]);
});

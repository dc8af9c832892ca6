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

test.each([
  ['a literal', '{ hens(first: 200) { id name } }', undefined],
  ['a variable', 'query ($n: Int) { hens(first: $n) { id name } }', { n: 200 }],
  ["a variable's default", 'query ($n: Int = 200) { hens(first: $n) { id name } }', undefined],
  [
    'a fragment',
    '{ ...all } fragment all on Query { hens(first: 200) { ...hen } } fragment hen on Hen { id name }',
    undefined,
  ],
])(
  'an operation whose lists multiply is refused by its cost: the page size in %s',
  async (_, query, variables) => {
    const farm = await startFarm({ MAX_COST: '400' });
    expect(await refusal(farm, { query, variables })).toBe(
      'BAD_USER_INPUT: The answer may hold 401 fields, which is more than 400. Ask for less in one operation.',
    );
  },
);

test('a page size left to the schema counts by its default, whether or not the operation has a variable for it', async () => {
  const farm = await startFarm({ MAX_COST: '120' });
  for (const query of ['{ flock { id name } }', 'query ($n: Int) { flock(first: $n) { id name } }']) {
    expect(await refusal(farm, { query })).toMatch(/^BAD_USER_INPUT: The answer may hold 121 fields/);
  }
});

test('fragments that double at every level are refused, and quickly', async () => {
  const farm = await startFarm({ MAX_DEPTH: '1000', MAX_TOKENS: '100000' });
  const levels = Array.from(
    { length: 60 },
    (_, n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`,
  );
  const query = `{ ...f0 } ${levels.join(' ')} fragment f60 on Query { hello }`;
  expect(await refusal(farm, { query })).toMatch(/recursively requests too many selections/);
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
  expect(status).toBe(415);
  expect(farm.hens.asked).toEqual([]);
});

import { createServer } from 'node:net';
import { SettingError } from '@ates/kit/process/settings';
import { expect, onTestFinished, test } from 'vitest';
import { locateSubgraph, readGatewaySettings } from '../src/settings.ts';
import { withoutSecurityMark } from '../src/supergraph/supergraphLinks.ts';
import { compose, eventually, hens, owners, startFarm, startIssuer } from './fixture.ts';

const withGoose = {
  ...hens,
  sdl: hens.sdl.replace('hello: String!', 'hello: String! goose: String @authenticated'),
};

test('a changed supergraph is served without a restart, and what it marks counts at once', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const code = async () => (await farm.graphql({ query: '{ goose }' })).json.errors?.[0]?.extensions.code;
  expect(await code()).toBe('GRAPHQL_VALIDATION_FAILED');
  farm.replaceSupergraph(compose(withGoose, owners));
  await eventually(async () => expect(await code()).toBe('UNAUTHENTICATED'));
});

test('a broken supergraph is refused with a sentence in the log while the old one goes on serving', async () => {
  const farm = await startFarm();
  const good = compose(withGoose, owners);
  const broken = [
    good.slice(0, good.length / 2),
    '',
    'type Query { hello: String }',
    good.replace('http://owners.subgraph', 'http://elsewhere.subgraph').replaceAll('"owners"', '"elsewhere"'),
  ];
  for (const [index, text] of broken.entries()) {
    farm.replaceSupergraph(text);
    await eventually(() => {
      const refused = farm.log.filter(({ msg }) =>
        msg.includes('was refused, the one before goes on serving'),
      );
      expect(refused).toHaveLength(index + 1);
    });
    const { json } = await farm.graphql({ query: '{ hen(id: 1) { owner { name } } }' });
    expect(json).toEqual({ data: { hen: { owner: { name: 'Olga' } } } });
  }
  expect(farm.log.at(-1)?.msg).toContain('SUBGRAPH_URL_ELSEWHERE is not set');
  farm.replaceSupergraph(good);
  await eventually(async () => {
    const { json } = await farm.graphql({ query: '{ __type(name: "Query") { fields { name } } }' });
    expect(json.data.__type.fields).toContainEqual({ name: 'goose' });
  });
});

test('a supergraph that cannot be served, read or located stops the start with a sentence', async () => {
  await expect(startFarm({ SUBGRAPH_URL_OWNERS: undefined })).rejects.toThrow(
    /^SUBGRAPH_URL_OWNERS is not set: the supergraph has a subgraph "owners"/,
  );
  await expect(startFarm({ SUPERGRAPH: '/nowhere/supergraph.graphql' })).rejects.toThrow(
    /^SUPERGRAPH cannot be read/,
  );
  const notOne = new URL('../package.json', import.meta.url).pathname;
  await expect(startFarm({ SUPERGRAPH: notOne })).rejects.toThrow(/^SUPERGRAPH names .* cannot be served/);
  await expect(startFarm({ SUPERGRAPH: notOne })).rejects.toBeInstanceOf(SettingError);
});

test('a port that is taken stops the start with a sentence, and leaves nothing running', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => {
    squatter.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void squatter.close());
  const { port } = squatter.address() as { port: number };
  await expect(startFarm({ PORT: String(port) })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
});

test('settings say what is wrong with them', () => {
  const read = (environment: Record<string, string>) => () =>
    readGatewaySettings({ INTERNAL_SECRET: 'sixteen characters', ...environment });
  expect(read({ INTERNAL_SECRET: 'short' })).toThrow(/^INTERNAL_SECRET must have at least 16/);
  expect(read({ SUBGRAPH_URL_HENS: 'hens' })).toThrow(/^SUBGRAPH_URL_HENS must be a URL/);
  expect(read({ ALLOWED_ORIGINS: 'https://a.example/' })).toThrow(/^ALLOWED_ORIGINS must be a comma/);
  expect(read({ MAX_DEPTH: 'deep' })).toThrow(/^MAX_DEPTH must be a whole number from 1/);
  expect(read({ INTROSPECTION_URL: 'http://a' })).toThrow(/^JWKS_URL is not set/);
  expect(read({})().SUPERGRAPH).toMatch(/\/schema\/supergraph\.graphql$/);
  expect(read({})().ALLOWED_ORIGINS).toEqual(['https://studio.apollographql.com']);
});

test('a routing URL is used as it is unless its host is a placeholder or a setting says otherwise', () => {
  const urls = new Map([['SUBGRAPH_URL_HEN_HOUSE', 'http://10.0.0.1/graphql']]);
  expect(locateSubgraph({ name: 'owners', url: 'https://owners.example/q' }, urls)).toBe(
    'https://owners.example/q',
  );
  expect(locateSubgraph({ name: 'hen-house', url: 'https://hens.example' }, urls)).toBe(
    'http://10.0.0.1/graphql',
  );
  expect(() => locateSubgraph({ name: 'owners', url: 'http://owners.subgraph' }, urls)).toThrow(
    /SUBGRAPH_URL_OWNERS/,
  );
});

test('the security mark goes only from what is enforced here', () => {
  const link = (spec: string) => `@link(url: "https://specs.apollo.dev/${spec}/v0.1", for: SECURITY)`;
  const sdl = `schema ${link('authenticated')} ${link('requiresScopes')} ${link('policy')} { query: Query }`;
  const text = withoutSecurityMark(sdl);
  expect(text.match(/for: SECURITY/g)).toHaveLength(1);
  expect(text).toMatch(/policy\/v0\.1", for: SECURITY/);
});

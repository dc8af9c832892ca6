import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewaySecretSettings, secretsOfGateway } from '@ates/kit/graph/gatewaySecret';
import { type RunningSubgraph, serveSubgraph } from '@ates/kit/graph/subgraph';
import { readSettings } from '@ates/kit/process/settings';
import { parse } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import { TestClockSkew } from '../../tests/support/clockSkew.ts';
import { readGatewaySettings } from '../src/settings.ts';
import { type RunningGateway, startGateway } from '../src/startGateway.ts';
import { captureLog, compose, eventually, startFarm, startIssuer } from './fixture.ts';

const shared = 'a secret of everybody';
const none = {
  ...{ SUBGRAPH_SECRET_HENS: undefined, SUBGRAPH_SECRET_OWNERS: undefined, INTROSPECTION_SECRET: undefined },
};

/** Returns the secrets that both subgraphs and the issuer of tokens were sent. */
async function secretsSent(environment: Record<string, string | undefined>) {
  const issuer = await startIssuer();
  const farm = await startFarm({
    JWKS_URL: `${issuer.url}/jwks`,
    INTROSPECTION_URL: `${issuer.url}/introspect`,
    ...environment,
  });
  const authorization = `Bearer ${await issuer.token()}`;
  const { json } = await farm.graphql({ query: '{ hen(id: 3) { owner { name } } }' }, { authorization });
  expect(json).toEqual({ data: { hen: { owner: { name: 'Olga' } } } });
  const [hens, owners, sessions] = [farm.hens.asked, farm.owners.asked, issuer.introspections].map(
    ([first]) => first?.headers['x-internal-secret'],
  );
  const warnings = farm.log.filter(({ level }) => level === 40).map(({ msg }) => msg);
  return { hens, owners, sessions, warnings };
}

const warnsOnce = [expect.stringMatching(/^INTERNAL_SECRET is what .* set SUBGRAPH_SECRET_<NAME> /)];

test('each subgraph is sent the secret of its own, and who issues tokens another', async () => {
  expect(await secretsSent({})).toEqual({
    ...{ hens: 'a secret of the hens', owners: 'a secret of the owners', sessions: 'a secret of the issuer' },
    warnings: [],
  });
});

test('with INTERNAL_SECRET alone all are sent that, which is warned of once', async () => {
  expect(await secretsSent({ ...none, INTERNAL_SECRET: shared })).toEqual({
    ...{ hens: shared, owners: shared, sessions: shared, warnings: warnsOnce },
  });
});

test('INTERNAL_SECRET is sent to those only that have no secret of their own yet', async () => {
  expect(await secretsSent({ SUBGRAPH_SECRET_OWNERS: undefined, INTERNAL_SECRET: shared })).toEqual({
    ...{ hens: 'a secret of the hens', owners: shared, sessions: 'a secret of the issuer' },
    warnings: warnsOnce,
  });
});

test('a secret may be in a file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'secrets-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'owners'), 'a secret in a file\n');
  const environment = {
    SUBGRAPH_SECRET_OWNERS: undefined,
    SUBGRAPH_SECRET_OWNERS_FILE: join(directory, 'owners'),
  };
  expect(await secretsSent(environment)).toMatchObject({ owners: 'a secret in a file', warnings: [] });
});

test('a secret that is missing or too short stops the start with a sentence that names it', async () => {
  await expect(startFarm({ SUBGRAPH_SECRET_OWNERS: undefined })).rejects.toThrow(
    /^SUBGRAPH_SECRET_OWNERS is not set: .* subgraph "owners"/,
  );
  await expect(startFarm({ SUBGRAPH_SECRET_OWNERS: 'short' })).rejects.toThrow(
    /^SUBGRAPH_SECRET_OWNERS must have at least 16/,
  );
  for (const name of ['INTROSPECTION_URL', 'ENDED_SESSIONS_URL'])
    await expect(
      startFarm({ JWKS_URL: 'http://a', [name]: 'http://a', INTROSPECTION_SECRET: undefined }),
    ).rejects.toThrow(new RegExp(`^INTROSPECTION_SECRET is not set: ${name} is`));
});

/** Starts an address that leads to one replica, and later to another. */
async function startSwitch() {
  let port = 0;
  const server = createServer((inner) => {
    const outer = connect(port, '127.0.0.1');
    const end = () => {
      inner.destroy();
      outer.destroy();
    };
    for (const socket of [inner, outer]) socket.on('error', end).on('close', end);
    inner.pipe(outer);
    outer.pipe(inner);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    leadTo(url: string) {
      port = Number(new URL(url).port);
    },
  };
}

/** Starts a subgraph as services do, with these settings. */
async function startNest(environment: Record<string, string>): Promise<RunningSubgraph> {
  const { log } = captureLog();
  const nest = await serveSubgraph({
    typeDefs: parse('type Query { hello: String! }'),
    resolvers: { Query: { hello: () => 'squawk' } },
    context: async () => ({ access: { scopes: new Set<string>() } }),
    gatewaySecrets: secretsOfGateway(readSettings(gatewaySecretSettings, environment), log),
    maxAnswerBytes: 1_000_000,
    skew: new TestClockSkew(),
    ...{ host: '127.0.0.1', port: 0, internalPort: 0, isReady: async () => true, log },
  });
  onTestFinished(() => nest.stop());
  return nest;
}

test.each([
  { from: 'one secret of its own to the next', inNest: 'GATEWAY_SECRET', inGateway: 'SUBGRAPH_SECRET_NEST' },
  { from: 'INTERNAL_SECRET to one of its own', inNest: 'INTERNAL_SECRET', inGateway: 'INTERNAL_SECRET' },
])('from $from without a query that fails', async ({ inNest, inGateway }) => {
  const [old, next] = ['the secret of today', 'the secret of tomorrow'];
  const directory = mkdtempSync(join(tmpdir(), 'secrets-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const supergraph = join(directory, 'supergraph.graphql');
  writeFileSync(supergraph, compose({ name: 'nest', sdl: 'type Query { hello: String! }', resolvers: {} }));
  const address = await startSwitch();
  const replaceNest = async (former: RunningSubgraph | undefined, environment: Record<string, string>) => {
    const nest = await startNest(environment);
    address.leadTo(nest.url);
    await former?.stop();
    return nest;
  };
  const replaceGateway = async (former: RunningGateway | undefined, environment: Record<string, string>) => {
    const fixed = { PORT: '0', SUPERGRAPH: supergraph, SUBGRAPH_URL_NEST: address.url };
    const gateway = await startGateway(readGatewaySettings({ ...fixed, ...environment }), captureLog().log);
    onTestFinished(() => gateway.stop());
    url = gateway.url;
    // Queries go to the new gateway before the old one stops, as behind a load balancer.
    if (former) await someMore();
    await former?.stop();
    return gateway;
  };
  const isTaken = async ({ url: nestUrl }: RunningSubgraph, secret: string) => {
    const headers = { 'content-type': 'application/json', 'x-internal-secret': secret };
    const body = '{"query":"{ hello }"}';
    return (await fetch(`${nestUrl}/graphql`, { method: 'POST', headers, body })).status === 200;
  };

  let url = '';
  const first = await replaceNest(undefined, { [inNest]: old });
  const firstGateway = await replaceGateway(undefined, { [inGateway]: old });
  const answers: string[] = [];
  let going = true;
  const asking = (async () => {
    while (going) {
      const answer = fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ hello }"}',
      }).then((response) => response.text(), String);
      answers.push(await answer);
    }
  })();
  const someMore = async () => {
    const wanted = answers.length + 10;
    await eventually(() => expect(answers.length).toBeGreaterThanOrEqual(wanted), 60_000);
  };

  await someMore();
  expect([await isTaken(first, old), await isTaken(first, next)]).toEqual([true, false]);
  const both = await replaceNest(first, { [inNest]: old, GATEWAY_SECRET_NEXT: next });
  await someMore();
  expect([await isTaken(both, old), await isTaken(both, next)]).toEqual([true, true]);
  await replaceGateway(firstGateway, { SUBGRAPH_SECRET_NEST: next });
  await someMore();
  const last = await replaceNest(both, { GATEWAY_SECRET: next });
  await someMore();
  expect([await isTaken(last, old), await isTaken(last, next)]).toEqual([false, true]);
  going = false;
  await asking;
  expect(new Set(answers)).toEqual(new Set(['{"data":{"hello":"squawk"}}\n']));
});

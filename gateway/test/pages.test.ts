import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { eventually, startFarm, startIssuer } from './fixture.ts';

const html = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

test('a browser at /graphql gets Sandbox, in production too', async () => {
  vi.stubEnv('NODE_ENV', 'production');
  const farm = await startFarm();
  vi.unstubAllEnvs();
  const response = await fetch(`${farm.gateway.url}/graphql`, html);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/html');
  const page = await response.text();
  expect(page).toContain('new window.EmbeddedSandbox');
  expect(page).toContain('var initialEndpoint = window.location.href');
  expect(page).toContain('"runTelemetry":false');
});

test('GraphiQL comes whole from the gateway, and its policy lets it reach nothing else', async () => {
  const farm = await startFarm();
  const response = await fetch(`${farm.gateway.url}/graphiql`, html);
  expect(response.status).toBe(200);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/^default-src 'none'/);
  expect(policy).not.toMatch(/https?:|\*/);
  const page = await response.text();
  expect(page).toContain('"endpoint":"/graphql"');
  const markup = page.replace(/<script>.*<\/script>/s, '').replace(/<style>.*<\/style>/s, '');
  expect(markup).not.toMatch(/(src|href)="(?!data:)|<script/);
  expect(page.match(/url\((?!data:|["']?#)[^)]*\)/g)?.filter((url) => url.includes('//')) ?? []).toEqual([]);
  const again = await fetch(`${farm.gateway.url}/graphiql`, {
    headers: { 'if-none-match': response.headers.get('etag') ?? '' },
  });
  expect(again.status).toBe(304);
});

test('the landing page is general and links everything, unless one is given', async () => {
  const farm = await startFarm();
  const page = await (await fetch(farm.gateway.url)).text();
  for (const link of ['/graphql', '/graphiql', '/health/ready', '/.well-known/jwks.json']) {
    expect(page).toContain(`href="${link}"`);
  }
  expect(page).not.toMatch(/https?:/);

  const given = await startFarm({}, { landingPage: '<h1>Given</h1>' });
  expect(await (await fetch(given.gateway.url)).text()).toBe('<h1>Given</h1>');
  const path = join(mkdtempSync(join(tmpdir(), 'landing-')), 'page.html');
  writeFileSync(path, '<h1>From a file</h1>');
  const fromFile = await startFarm({ LANDING_PAGE: path });
  expect(await (await fetch(fromFile.gateway.url)).text()).toBe('<h1>From a file</h1>');
  await expect(startFarm({ LANDING_PAGE: '/nowhere.html' })).rejects.toThrow(/^LANDING_PAGE cannot be read/);
});

test('an app is served with what was compressed beforehand, at every path that is nobody else’s', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'app-'));
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<h1>App</h1>');
  writeFileSync(join(directory, 'assets/app-1a2b.js'), 'let app');
  writeFileSync(join(directory, 'assets/app-1a2b.js.gz'), gzipSync('let app'));
  const farm = await startFarm({ APP_DIR: directory });
  const get = (path: string, accept = 'text/html,*/*') =>
    fetch(`${farm.gateway.url}${path}`, { headers: { accept, 'accept-encoding': 'gzip' } });
  for (const path of ['/', '/tasks', '/accounts/7?x=1']) {
    const page = await get(path);
    expect(await page.text()).toBe('<h1>App</h1>');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
  }
  const script = await get('/assets/app-1a2b.js', '*/*');
  expect(script.headers.get('content-encoding')).toBe('gzip');
  expect(script.headers.get('cache-control')).toContain('immutable');
  expect(await script.text()).toBe('let app');
  const etag = (await get('/')).headers.get('etag') ?? '';
  expect(
    (await fetch(farm.gateway.url, { headers: { 'if-none-match': etag, 'accept-encoding': 'gzip' } })).status,
  ).toBe(304);
  // A path that is no page gets 404, and so does every path outside of the directory.
  for (const path of ['/assets/gone.js', '/tasks', '/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd'])
    expect((await get(path, '*/*')).status).toBe(404);
  expect((await fetch(`${farm.gateway.url}/tasks`, { method: 'POST' })).status).toBe(404);
  // The other paths answer as before.
  expect((await get('/health/live')).status).toBe(200);
  expect(await (await get('/graphiql')).text()).toContain('GraphiQL');
  await expect(startFarm({ APP_DIR: '/nowhere' })).rejects.toThrow(
    /^APP_DIR names \/nowhere, which cannot be read/,
  );
  await expect(startFarm({ APP_DIR: directory, LANDING_PAGE: '/x.html' })).rejects.toThrow(/both set/);
});

test('unknown paths are 404 and wrong methods 405, each with a sentence', async () => {
  const farm = await startFarm();
  for (const path of ['/nowhere', '/graphql/', '/health']) {
    const unknown = await fetch(`${farm.gateway.url}${path}`);
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toMatch(/^There is nothing at this path\./);
  }
  for (const path of ['/', '/graphiql', '/health/ready']) {
    const wrong = await fetch(`${farm.gateway.url}${path}`, { method: 'POST', body: 'x' });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('GET, HEAD');
  }
  const put = await fetch(`${farm.gateway.url}/graphql`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(put.status).toBe(405);
});

test('the gateway is ready once every subgraph has answered once, and after that until it stops', async () => {
  const farm = await startFarm();
  const ready = async (port?: number) =>
    (await fetch(`${port ? `http://127.0.0.1:${port}` : farm.gateway.url}/health/ready`)).status;
  await eventually(async () => expect(await ready()).toBe(200));
  expect(await ready(farm.gateway.internalPort)).toBe(200);
  await farm.owners.down();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await ready()).toBe(200);

  farm.hens.override = () => new Promise(() => {});
  void farm.graphql({ query: '{ hello }' }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 100));
  const stopped = farm.gateway.stop();
  expect(await ready(farm.gateway.internalPort)).toBe(503);
  await stopped;
});

test('the gateway is alive but not ready while a subgraph has never answered, and says which', async () => {
  const farm = await startFarm({ SUBGRAPH_URL_OWNERS: 'http://127.0.0.1:1/graphql' });
  const response = await fetch(`${farm.gateway.url}/health/ready`);
  expect(response.status).toBe(503);
  await eventually(async () => {
    const text = await (await fetch(`${farm.gateway.url}/health/ready`)).text();
    expect(text).toBe('not every subgraph has answered yet: waiting for owners\n');
  });
  expect((await fetch(`${farm.gateway.url}/health/live`)).status).toBe(200);
});

test('public keys are handed on, and the old ones while their source is away', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const keys = () => fetch(`${farm.gateway.url}/.well-known/jwks.json`);
  const first = await (await keys()).json();
  expect(first.keys[0].kid).toBe('one');
  await keys();
  expect(issuer.keysAsked).toBe(1);
  await issuer.down();
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
  const later = await keys();
  vi.restoreAllMocks();
  expect(later.status).toBe(200);
  expect(await later.json()).toEqual(first);
});

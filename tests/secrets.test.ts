import { createHmac } from 'node:crypto';
import { accounting } from '@ates/accounting/service';
import { analytics } from '@ates/analytics/service';
import { auth } from '@ates/auth/service';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { readGatewaySettings } from '@ates/gateway/settings';
import { startGateway } from '@ates/gateway/startGateway';
import { type Environment, readSettings } from '@ates/kit/process/settings';
import { serveService } from '@ates/kit/service';
import { migrateAll } from '@ates/system/migrateAll';
import { environmentOf, type PartContext, type PartName, partNames } from '@ates/system/parts';
import { readSystemSettings } from '@ates/system/settings';
import { databaseServices, provision } from '@ates/system/stores/provision';
import { tracker } from '@ates/tracker/service';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ServiceName, testLog } from './support/databases.ts';

/*
 * What a person can open who has read one part's environment, as `npm start` makes it. Databases, subgraphs
 * and gateway are real, and each part reads that environment.
 */

const prefix = `secrets_${process.pid}_`;
const databaseSecret = 'what opens the databases';
const root = 'what the secrets of pairs come from';

const environments = {} as Record<PartName, Record<string, string>>;
const urls = new Map<PartName, string>();
const started: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  const { adminUrl } = inject('stores');
  const given = { PRICE_KEY: 'a key of the company', ADMIN_BEAK_SHAPE: 'a shape of the first admin' };
  const databases = await provision({
    databaseUrl: adminUrl,
    databaseSecret,
    databaseNamePrefix: prefix,
    queues: true,
    log: testLog,
  });
  await migrateAll(databases, testLog);
  const context: PartContext = {
    settings: readSystemSettings({ ...given, DATABASE_URL: adminUrl, LOG_LEVEL: 'silent', PORT: '0' }),
    environment: {},
    internalSecret: root,
    stores: {
      databases,
      queue: { backend: 'postgresql', url: databases.queues!.url },
      own: [],
      superuserUrl: undefined,
      stop: async () => {},
    },
    seed: 'demo',
    appDir: undefined,
    urls,
  };
  const startParts: Record<
    PartName,
    (environment: Environment) => Promise<{ url?: string; stop(): Promise<void> }>
  > = {
    auth: (environment) => serveService(auth, readSettings(auth.settings, environment), testLog),
    tracker: (environment) => serveService(tracker, readSettings(tracker.settings, environment), testLog),
    accounting: (environment) =>
      serveService(accounting, readSettings(accounting.settings, environment), testLog),
    analytics: (environment) =>
      serveService(analytics, readSettings(analytics.settings, environment), testLog),
    // Workers have no endpoint that a secret opens.
    workers: async () => ({ stop: async () => {} }),
    gateway: (environment) => startGateway(readGatewaySettings(environment), testLog),
  };
  for (const part of partNames) {
    environments[part] = environmentOf(part, context);
    const running = await startParts[part](environments[part]);
    started.push(running);
    if (running.url !== undefined) urls.set(part, running.url);
  }
});
afterAll(async () => {
  for (const part of started.reverse()) await part.stop();
});

/** Returns the values of an environment that are long enough for a secret, by setting; of a URL, its password. */
const textsIn = (environment: Record<string, string>): [setting: string, text: string][] =>
  Object.entries(environment)
    .map(([setting, value]): [string, string] => [
      setting,
      URL.canParse(value) ? decodeURIComponent(new URL(value).password) : value,
    ])
    .filter(([, text]) => text.length >= 16);

const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex');

async function logsIn(role: string, password: string, database: string): Promise<boolean> {
  const url = new URL(inject('stores').adminUrl);
  const client = new pg.Client({
    ...{ host: url.hostname, port: Number(url.port), user: role, password, database },
    connectionTimeoutMillis: 20_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    // Refused because of the password (28P01), or, let in, of the database (42501). Any other error is no answer.
    if (!['28P01', '42501'].includes((error as { code?: string }).code ?? '')) throw error;
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Returns the roles for which a text is the password, or the secret that the password is derived from. */
async function rolesOpenedBy(texts: readonly string[]): Promise<string[]> {
  const { username: superuser } = new URL(inject('stores').adminUrl);
  const roles = [
    { role: superuser, database: 'postgres' },
    { role: `${prefix}queues_app`, database: `${prefix}queues` },
    ...databaseServices.flatMap((service) =>
      ['owner', 'app'].map((kind) => ({
        role: `${prefix}${service}_${kind}`,
        database: `${prefix}${service}`,
      })),
    ),
  ];
  const opened: string[] = [];
  for (const { role, database } of roles) {
    const passwords = texts.flatMap((text) => [text, hmac(text, `database:${role}`)]);
    const answers = await Promise.all(passwords.map((password) => logsIn(role, password, database)));
    if (answers.includes(true)) opened.push(role.replace(prefix, ''));
  }
  return opened;
}

type Endpoint = (url: string, secret: string) => Promise<boolean>;

const post =
  (path: string, type: string, body: string): Endpoint =>
  async (url, secret) => {
    const headers = { 'content-type': type, 'x-internal-secret': secret };
    return (await fetch(`${url}${path}`, { method: 'POST', headers, body })).status !== 403;
  };

const graph = post('/graphql', 'application/json', '{"query":"{ __typename }"}');
const upgrade: Endpoint = (url, secret) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { 'x-internal-secret': secret },
    });
    socket.on('open', () => {
      socket.close();
      resolve(true);
    });
    socket.on('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode !== 403);
    });
    socket.on('error', reject);
  });

const endpoints: Record<ServiceName, Record<string, Endpoint>> = {
  auth: {
    graph,
    introspect: post('/introspect', 'application/x-www-form-urlencoded', 'token=x'),
    'ended-sessions': async (url, secret) =>
      (await fetch(`${url}/ended-sessions`, { headers: { 'x-internal-secret': secret } })).status !== 403,
  },
  tracker: { graph, upgrade },
  accounting: { graph, upgrade },
  analytics: { graph, upgrade },
};

/** Returns the endpoints for which a text is the secret, or the one that the secret is derived from. */
async function endpointsOpenedBy(text: string): Promise<string[]> {
  const opened: string[] = [];
  for (const service of databaseServices) {
    for (const [name, isTaken] of Object.entries(endpoints[service])) {
      const url = urls.get(service) as string;
      const answers = [await isTaken(url, text), await isTaken(url, hmac(text, `gateway→${service}`))];
      if (answers.includes(true)) opened.push(`${service} ${name}`);
    }
  }
  return opened;
}

const allOf = (service: ServiceName) => Object.keys(endpoints[service]).map((name) => `${service} ${name}`);

test('the attacks below are real: with the secrets that no part has, they succeed', async () => {
  expect(await rolesOpenedBy([databaseSecret])).toEqual([
    'queues_app',
    ...databaseServices.flatMap((service) => [`${service}_owner`, `${service}_app`]),
  ]);
  expect(await endpointsOpenedBy(root)).toEqual(databaseServices.flatMap(allOf));
});

describe.each(databaseServices)('the environment of %s', (service) => {
  test('opens its own database with its own role, and no other', async () => {
    const texts = textsIn(environments[service]).map(([, text]) => text);
    expect(await rolesOpenedBy(texts)).toEqual([`${service}_app`]);
    for (const other of databaseServices.filter((name) => name !== service)) {
      const { username, password } = new URL(environments[service][`${service.toUpperCase()}_DATABASE_URL`]!);
      expect(await logsIn(username, password, `${prefix}${other}`)).toBe(false);
    }
  });

  test('opens no endpoint of another part', async () => {
    for (const [setting, text] of textsIn(environments[service])) {
      const opened = await endpointsOpenedBy(text);
      expect({ setting, opened }).toEqual({
        setting,
        opened: setting === 'GATEWAY_SECRET' ? allOf(service) : [],
      });
    }
  });
});

describe('the environment of the gateway', () => {
  test('opens no database', async () => {
    expect(await rolesOpenedBy(textsIn(environments.gateway).map(([, text]) => text))).toEqual([]);
  });

  test('has a secret for each subgraph, which opens that one and no other', async () => {
    const opened = new Map<string, string[]>();
    for (const [setting, text] of textsIn(environments.gateway)) {
      const names = await endpointsOpenedBy(text);
      if (names.length > 0) opened.set(setting, names);
    }
    expect(Object.fromEntries(opened)).toEqual({
      INTROSPECTION_SECRET: allOf('auth'),
      SUBGRAPH_SECRET_AUTH: allOf('auth'),
      SUBGRAPH_SECRET_TRACKER: allOf('tracker'),
      SUBGRAPH_SECRET_ACCOUNTING: allOf('accounting'),
      SUBGRAPH_SECRET_ANALYTICS: allOf('analytics'),
    });
  });

  test('is all it needs: it serves the graph, and learns at once of a log-out', async () => {
    const { login, beakShape } = demoCompany[0]!;
    const send = async (query: string, token?: string) => {
      const response = await fetch(`${urls.get('gateway')}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as { data?: any; errors?: { extensions: { code: string } }[] };
    };
    const answer = await send(
      `mutation { login(login: ${JSON.stringify(login)}, beakShape: ${JSON.stringify(beakShape)}) { accessToken } }`,
    );
    const token = answer.data.login.accessToken as string;
    const ask = () =>
      send('{ tasks(first: 1) { nodes { id } } companyDay { day } analyticsDay { day } }', token);
    expect(await ask()).not.toHaveProperty('errors');
    expect(await send('mutation { logout }', token)).not.toHaveProperty('errors');
    // None of these three subgraphs knows sessions: the gateway asks auth.
    await expect.poll(ask).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });
});

test('the environment of the workers opens the databases of their services with the roles for work, and no endpoint', async () => {
  const texts = textsIn(environments.workers);
  expect(await rolesOpenedBy(texts.map(([, text]) => text))).toEqual([
    'queues_app',
    ...databaseServices.map((service) => `${service}_app`),
  ]);
  for (const [setting, text] of texts) {
    expect({ setting, opened: await endpointsOpenedBy(text) }).toEqual({ setting, opened: [] });
  }
});

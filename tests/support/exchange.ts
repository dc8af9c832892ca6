import { accounting as accountingService } from '@ates/accounting/service';
import { analytics as analyticsService } from '@ates/analytics/service';
import { auth as authService } from '@ates/auth/service';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { readGatewaySettings } from '@ates/gateway/settings';
import { startGateway } from '@ates/gateway/startGateway';
import { type Clock, type Random, systemRandom } from '@ates/kit/process/clock';
import type { ClockSkew } from '@ates/kit/process/clockSkew';
import type { Log } from '@ates/kit/process/log';
import { serveService } from '@ates/kit/service';
import { tracker as trackerService } from '@ates/tracker/service';
import { startWorkers } from '@ates/workers/startWorkers';
import { Redis } from 'ioredis';
import pg from 'pg';
import { inject } from 'vitest';
import { cloneDatabase, createQueueDatabase, type ServiceName, testLog } from './databases.ts';

/** A clock that a test moves. It also runs, so that every wait ends. */
export class TestClock implements Clock {
  #offsetMs = 0;
  constructor(startsAt?: string) {
    if (startsAt) this.set(startsAt);
  }
  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }
  set(moment: string): void {
    this.#offsetMs = new Date(moment).getTime() - Date.now();
  }
  advance(ms: number): void {
    this.#offsetMs += ms;
  }
}

/** An answer as a client sees it. */
export interface Answer<Data = any> {
  data?: Data | null;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string } }[];
}

/** The whole system in one process, on real stores and real HTTP, with a demo company in it. */
export interface Exchange {
  readonly url: string;
  readonly clock: TestClock;
  readonly databases: Record<ServiceName, string>;
  /** The URL of the queues; null where they are in PostgreSQL. */
  readonly redisUrl: string | null;
  /** Sends an operation as a person of the demo company, by login, or without a token for null. */
  ask<Data = any>(
    login: string | null,
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<Answer<Data>>;
  /** Does the same for operations that must succeed. */
  data<Data = any>(login: string | null, query: string, variables?: Record<string, unknown>): Promise<Data>;
  /** Logs in and returns the access token. Tokens are kept until they are about to expire. */
  token(login: string, beakShape?: string): Promise<string>;
  /** Resolves when every event has been applied and every run has ended. */
  settle(timeoutMs?: number): Promise<void>;
  stopWorkers(): Promise<void>;
  /** Starts workers with the exchange's clock, or another one. Returns the URL of their health and metrics. */
  startWorkers(clock?: { clock?: Clock; skew?: ClockSkew }): Promise<string>;
  stopGateway(): Promise<void>;
  /** Starts the gateway at the address it had before. */
  startGateway(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an exchange with its own databases. Its queues are where the test run has them, or in a Redis Cluster. */
export async function startExchange(
  options: {
    startsAt?: string;
    companyTimeZone?: string;
    random?: Random;
    redisClusterUrl?: string;
    /** The directory of the built app; without it the gateway has a general page. */
    appDir?: string;
    /** More settings of the gateway. */
    gateway?: Readonly<Record<string, string>>;
    /** The log of all parts; `testLog` unless given. */
    log?: Log;
  } = {},
): Promise<Exchange> {
  const { log = testLog } = options;
  const { redisUrl } = inject('stores');
  const clock = new TestClock(options.startsAt);
  const random = options.random ?? systemRandom;
  const [auth, tracker, accounting, analytics] = await Promise.all([
    cloneDatabase('auth'),
    cloneDatabase('tracker'),
    cloneDatabase('accounting'),
    cloneDatabase('analytics'),
  ]);
  const databases = { auth, tracker, accounting, analytics };
  const { redisClusterUrl } = options;
  const queues = redisClusterUrl
    ? { REDIS_URL: redisClusterUrl, REDIS_CLUSTER: true }
    : redisUrl
      ? { REDIS_URL: await emptyRedis(redisUrl), REDIS_CLUSTER: false }
      : { QUEUE_DATABASE_URL: await createQueueDatabase(), REDIS_CLUSTER: false };
  const common = {
    LOG_LEVEL: 'silent' as const,
    HOST: '127.0.0.1',
    PORT: 0,
    INTERNAL_PORT: 0,
    MAX_ANSWER_BYTES: 32_000_000,
  };
  const secretOf = (service: ServiceName) => `a secret of the gateway and ${service}`;
  const commonOf = (service: ServiceName) => ({ ...common, GATEWAY_SECRET: secretOf(service) });
  const hints = {
    REDIS_URL: 'REDIS_URL' in queues ? queues.REDIS_URL : undefined,
    REDIS_CLUSTER: queues.REDIS_CLUSTER,
  };
  const zone = { COMPANY_TIME_ZONE: options.companyTimeZone ?? 'UTC' };

  const authPart = await serveService(
    authService,
    { ...commonOf('auth'), AUTH_DATABASE_URL: auth, SEED: 'demo', ADMIN_LOGIN: 'admin' },
    log,
    { clock },
  );
  const jwks = { JWKS_URL: `${authPart.url}/.well-known/jwks.json` };
  const parts = await Promise.all([
    serveService(
      trackerService,
      { ...commonOf('tracker'), ...jwks, ...hints, TRACKER_DATABASE_URL: tracker },
      log,
      { clock, random },
    ),
    serveService(
      accountingService,
      { ...commonOf('accounting'), ...jwks, ...hints, ...zone, ACCOUNTING_DATABASE_URL: accounting },
      log,
      { clock },
    ),
    serveService(
      analyticsService,
      { ...commonOf('analytics'), ...jwks, ...hints, ...zone, ANALYTICS_DATABASE_URL: analytics },
      log,
      { clock },
    ),
  ]);
  const beginWorkers = (given: { clock?: Clock; skew?: ClockSkew } = {}) =>
    startWorkers(
      {
        LOG_LEVEL: 'silent',
        HOST: '127.0.0.1',
        INTERNAL_PORT: 0,
        AUTH_DATABASE_URL: auth,
        TRACKER_DATABASE_URL: tracker,
        ACCOUNTING_DATABASE_URL: accounting,
        ANALYTICS_DATABASE_URL: analytics,
        ...queues,
        ...zone,
        MAIL_DIR: `/tmp/exchange-tests-mail-${process.pid}`,
        MAIL_FROM: 'Task exchange <wages@example.com>',
        PREPARE: true,
      },
      log,
      { clock, random, ...given },
    );
  let workers: Awaited<ReturnType<typeof beginWorkers>> | null = await beginWorkers();
  const [trackerPart, accountingPart, analyticsPart] = parts;
  const beginGateway = (port: string) =>
    startGateway(
      readGatewaySettings({
        ...options.gateway,
        PORT: port,
        APP_DIR: options.appDir,
        JWKS_URL: jwks.JWKS_URL,
        INTROSPECTION_SECRET: secretOf('auth'),
        INTROSPECTION_URL: `${authPart.url}/introspect`,
        ENDED_SESSIONS_URL: `${authPart.url}/ended-sessions`,
        SUBGRAPH_SECRET_AUTH: secretOf('auth'),
        SUBGRAPH_URL_AUTH: authPart.url,
        SUBGRAPH_SECRET_TRACKER: secretOf('tracker'),
        SUBGRAPH_URL_TRACKER: trackerPart.url,
        SUBGRAPH_SECRET_ACCOUNTING: secretOf('accounting'),
        SUBGRAPH_URL_ACCOUNTING: accountingPart.url,
        SUBGRAPH_SECRET_ANALYTICS: secretOf('analytics'),
        SUBGRAPH_URL_ANALYTICS: analyticsPart.url,
      }),
      log,
      { clock },
    );
  let gateway: Awaited<ReturnType<typeof beginGateway>> | null = await beginGateway('0');
  const { url } = gateway;

  const tokens = new Map<string, { token: string; until: number }>();
  const send = async <Data>(
    query: string,
    variables: unknown,
    token: string | null,
  ): Promise<Answer<Data>> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer<Data>;
  };
  const exchange: Exchange = {
    url,
    clock,
    databases,
    redisUrl: 'REDIS_URL' in queues ? (queues.REDIS_URL ?? null) : null,
    async token(login, beakShape) {
      const kept = tokens.get(login);
      if (kept && kept.until > clock.now().getTime() + 60_000) return kept.token;
      const shape = beakShape ?? demoCompany.find((account) => account.login === login)?.beakShape;
      const query =
        'mutation ($login: String!, $shape: String!) { login(login: $login, beakShape: $shape) { accessToken accessTokenExpiresAt } }';
      const answer = await send<any>(query, { login, shape }, null);
      if (!answer.data?.login) throw new Error(`${login} could not log in: ${JSON.stringify(answer.errors)}`);
      const { accessToken: token, accessTokenExpiresAt } = answer.data.login;
      tokens.set(login, { token, until: new Date(accessTokenExpiresAt).getTime() });
      return token;
    },
    ask: async (login, query, variables) =>
      send(query, variables, login ? await exchange.token(login) : null),
    async data(login, query, variables) {
      const answer = await exchange.ask(login, query, variables);
      if (answer.errors || !answer.data) throw new Error(`${query} failed: ${JSON.stringify(answer.errors)}`);
      return answer.data;
    },
    settle: (timeoutMs = 60_000) => settle(databases, timeoutMs),
    async stopWorkers() {
      await workers?.stop();
      workers = null;
    },
    async startWorkers(given) {
      workers ??= await beginWorkers(given);
      return `http://127.0.0.1:${workers.info?.internalPort}`;
    },
    async stopGateway() {
      await gateway?.stop();
      gateway = null;
    },
    async startGateway() {
      gateway ??= await beginGateway(new URL(url).port);
    },
    async stop() {
      await exchange.stopGateway();
      await Promise.all([exchange.stopWorkers(), authPart.stop(), ...parts.map((part) => part.stop())]);
    },
  };
  await exchange.settle();
  return exchange;
}

/** Empties the Redis database of this test process. Returns its URL. */
async function emptyRedis(redisUrl: string): Promise<string> {
  const url = new URL(redisUrl);
  url.pathname = `/${Number(process.env.VITEST_POOL_ID ?? 1) % 16}`;
  const redis = new Redis(url.href);
  await redis.flushdb();
  redis.disconnect();
  return url.href;
}

const unfinished: Partial<Record<ServiceName, string>> = {
  auth: 'select 1 from outbox_delivery limit 1',
  tracker: `select 1 from outbox_delivery union all select 1 from reassignment where status in ('QUEUED', 'RUNNING') limit 1`,
  accounting: `select 1 from outbox_delivery union all select 1 from payout_run where status = 'RUNNING' limit 1`,
};

/** Waits until no outbox holds a delivery and no run is unfinished, twice in a row over all services. */
export async function settle(databases: Record<ServiceName, string>, timeoutMs: number): Promise<void> {
  const clients = await Promise.all(
    Object.entries(unfinished).map(async ([service, query]) => {
      const client = new pg.Client({ connectionString: databases[service as ServiceName] });
      await client.connect();
      return { client, query };
    }),
  );
  try {
    const end = Date.now() + timeoutMs;
    for (let quiet = 0; quiet < 2; ) {
      const counts = await Promise.all(
        clients.map(async ({ client, query }) => (await client.query(query)).rowCount ?? 0),
      );
      quiet = counts.every((count) => count === 0) ? quiet + 1 : 0;
      if (Date.now() > end)
        throw new Error(`events or runs are still unfinished after ${timeoutMs} ms: ${counts}`);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  } finally {
    await Promise.all(clients.map(({ client }) => client.end()));
  }
}

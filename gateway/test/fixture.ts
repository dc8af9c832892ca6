import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { Log } from '@ates/kit/process/log';
import { type ExecutionResult, execute, parse, validate } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { readGatewaySettings } from '../src/settings.ts';
import { type RunningGateway, startGateway } from '../src/startGateway.ts';

const linkHeader = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@shareable", "@authenticated", "@requiresScopes"])\n`;

export interface SubgraphDefinition {
  readonly name: string;
  readonly sdl: string;
  readonly resolvers: unknown;
}

/** A subgraph of hens. It and `owners` exist in these tests only. */
export const hens: SubgraphDefinition = {
  name: 'hens',
  sdl: `
    type Query { hen(id: ID!): Hen hens(first: Int): [Hen!]! flock(first: Int! = 60): [Hen!]! secretHen: Hen @authenticated farm: Farm boom: String hello: String! }
    type Mutation { feed(id: ID!): Hen logIn(name: String!): String! sell(id: ID!): Boolean @requiresScopes(scopes: [["hens:sell"]]) }
    type Subscription { laid: Int henChanged(id: ID!): Hen! secretHenChanged: Hen! @authenticated }
    type Hen @key(fields: "id") { id: ID! name: String! friend: Hen weight: Int! @requiresScopes(scopes: [["vet"]]) }
    type Farm @authenticated { name: String! }`,
  resolvers: {
    Query: {
      hen: (_: unknown, { id }: { id: string }) => ({ id, name: `Hen ${id}` }),
      hens: (_: unknown, { first }: { first?: number }) =>
        Array.from({ length: first ?? 2 }, (_item, i) => ({ id: `${i + 1}`, name: `Hen ${i + 1}` })),
      flock: () => [],
      secretHen: () => ({ id: '7', name: 'Incognita' }),
      farm: () => ({ name: 'Farm' }),
      boom: () => {
        throw new Error('the database password is hunter2');
      },
      hello: () => 'world',
    },
    Mutation: {
      feed: (_: unknown, { id }: { id: string }) => ({ id, name: `Hen ${id}` }),
      logIn: (_: unknown, { name }: { name: string }) => `token of ${name}`,
      sell: () => true,
    },
    Subscription: {
      henChanged: {
        subscribe: (_: unknown, { id }: { id: string }, { live }: LiveContext) => live.subscribe(id),
        resolve: (hen: unknown) => hen,
      },
      secretHenChanged: {
        subscribe: (_: unknown, __: unknown, { live }: LiveContext) => live.subscribe('secret'),
        resolve: (hen: unknown) => hen,
      },
    },
    Hen: { friend: () => ({ id: '9', name: 'Friend' }), weight: () => 3 },
  },
};

export const owners: SubgraphDefinition = {
  name: 'owners',
  sdl: `
    type Query { owner: Owner }
    type Owner @key(fields: "id") { id: ID! name: String! }
    type Hen @key(fields: "id") { id: ID! owner: Owner }`,
  resolvers: {
    Query: { owner: () => ({ id: '1', name: 'Olga' }) },
    Hen: { owner: () => ({ id: '1', name: 'Olga' }) },
  },
};

interface LiveContext {
  readonly live: TestTopic;
}

/** The hens that subscriptions watch. A hen's name is the number of its changes. */
export class TestTopic {
  readonly #changes = new Map<string, number>();
  readonly #listeners = new Set<{ id: string; wake: () => void }>();
  /** The headers that were sent with each subscription. */
  readonly subscribed: IncomingHttpHeaders[] = [];

  /** The number of subscriptions. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Changes a hen; its name is the number of the change. */
  change(id: string): void {
    this.#changes.set(id, (this.#changes.get(id) ?? 0) + 1);
    for (const listener of this.#listeners) if (listener.id === id) listener.wake();
  }

  /** Yields the hen as it is now, and again after each change. */
  subscribe(id: string): AsyncIterableIterator<{ id: string; name: string }> {
    const queue: string[] = [];
    let ended = false;
    let resume = () => {};
    const wake = () => {
      queue.push(String(this.#changes.get(id) ?? 0));
      resume();
    };
    const listener = { id, wake };
    this.#listeners.add(listener);
    wake();
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        for (;;) {
          const name = queue.shift();
          if (name !== undefined) return { value: { id, name }, done: false };
          if (ended) return { value: undefined, done: true };
          await new Promise<void>((resolve) => {
            resume = resolve;
          });
        }
      },
      return: async () => {
        ended = true;
        this.#listeners.delete(listener);
        resume();
        return { value: undefined, done: true };
      },
    };
  }
}

export interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly query: string;
}

type Override = (
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
) => boolean | Promise<boolean>;

export interface TestSubgraph {
  readonly name: string;
  readonly url: string;
  /** Every operation that this subgraph received, without health checks. */
  readonly asked: Asked[];
  readonly live: TestTopic;
  /** Answers in place of the subgraph where it returns true. Health checks do not reach it. */
  override: Override | undefined;
  down(): Promise<void>;
  up(): Promise<void>;
}

export async function startSubgraph(definition: SubgraphDefinition): Promise<TestSubgraph> {
  const typeDefs = parse(linkHeader + definition.sdl);
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: definition.resolvers as never }]);
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { query, variables, operationName } = JSON.parse(Buffer.concat(chunks).toString());
    const asked = { headers: request.headers, query };
    const isHealthCheck = query === '{ __typename }';
    if (!isHealthCheck) {
      subgraph.asked.push(asked);
      if (await subgraph.override?.(request, response, asked)) return;
    }
    const document = parse(query);
    const errors = validate(schema, document);
    const result: ExecutionResult = errors.length
      ? { errors }
      : await execute({ schema, document, variableValues: variables, operationName });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(result));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  const live = new TestTopic();
  const sockets = new WebSocketServer({ server, verifyClient: () => server.listening });
  useServer(
    {
      schema,
      context: ({ extra }, _, { extensions }) => {
        const given = (extensions as { headers?: IncomingHttpHeaders } | undefined)?.headers ?? {};
        live.subscribed.push({ ...extra.request.headers, ...given });
        return { live };
      },
    },
    sockets,
  );
  const listen = (port: number) =>
    new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const subgraph: TestSubgraph = {
    name: definition.name,
    url: `http://127.0.0.1:${port}/graphql`,
    asked: [],
    live,
    override: undefined,
    down: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets.clients) socket.terminate();
      }),
    up: () => listen(port),
  };
  onTestFinished(() => subgraph.down());
  return subgraph;
}

/** Answers with JSON in place of a test subgraph. */
export const answers =
  (status: number, body: unknown, headers: Record<string, string | string[]> = {}): Override =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
    return true;
  };

export function compose(...definitions: SubgraphDefinition[]): string {
  const { supergraphSdl, errors } = composeServices(
    definitions.map(({ name, sdl }) => ({
      name,
      url: `http://${name}.subgraph`,
      typeDefs: parse(linkHeader + sdl),
    })),
  );
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

export interface Farm {
  readonly gateway: RunningGateway;
  readonly hens: TestSubgraph;
  readonly owners: TestSubgraph;
  /** The lines of the gateway's log. */
  readonly log: { level: number; msg: string; id?: string; err?: { message: string; stack: string } }[];
  readonly supergraphPath: string;
  /** Replaces the supergraph in one step, as a deployment does. */
  replaceSupergraph(text: string): void;
  graphql(body: unknown, headers?: Record<string, string>): Promise<GraphqlAnswer>;
}

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: { data?: any; errors?: { message: string; path?: unknown; extensions: any }[] };
}

/** Starts a gateway and both subgraphs on free ports, until the end of the test. */
export async function startFarm(
  environment: Record<string, string | undefined> = {},
  options: Parameters<typeof startGateway>[2] & { extraUrls?: Record<string, string> } = {},
): Promise<Farm> {
  const [hensGraph, ownersGraph] = await Promise.all([startSubgraph(hens), startSubgraph(owners)]);
  const directory = mkdtempSync(join(tmpdir(), 'gateway-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const supergraphPath = join(directory, 'supergraph.graphql');
  writeFileSync(supergraphPath, compose(hens, owners));
  const { log, lines } = captureLog();
  const settings = readGatewaySettings({
    PORT: '0',
    SUPERGRAPH: supergraphPath,
    SUPERGRAPH_POLL_MS: '30',
    SUBGRAPH_URL_HENS: hensGraph.url,
    SUBGRAPH_URL_OWNERS: ownersGraph.url,
    SUBGRAPH_SECRET_HENS: 'a secret of the hens',
    SUBGRAPH_SECRET_OWNERS: 'a secret of the owners',
    INTROSPECTION_SECRET: 'a secret of the issuer',
    ...environment,
  });
  const gateway = await startGateway(settings, log, options);
  onTestFinished(() => gateway.stop());
  return {
    gateway,
    hens: hensGraph,
    owners: ownersGraph,
    log: lines,
    supergraphPath,
    replaceSupergraph(text) {
      writeFileSync(`${supergraphPath}.new`, text);
      renameSync(`${supergraphPath}.new`, supergraphPath);
    },
    graphql: (body, headers) => graphql(gateway.url, body, headers),
  };
}

export async function graphql(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: (await response.json()) as never };
}

export function captureLog(): { log: Log; lines: Farm['log'] } {
  const lines: Farm['log'] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

/** Starts an issuer of tokens, with its published keys and its introspection endpoint. */
export async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'EdDSA', use: 'sig' };
  const issuer = {
    url: '',
    ended: new Set<string>(),
    introspections: [] as { body: string; headers: IncomingHttpHeaders }[],
    keysAsked: 0,
    /** The sessions that have ended. */
    endedSessions: [] as string[],
    introspectionDelayMs: 0,
    introspectionStatus: 200,
    token: (life: string | number = '15m', claims: Record<string, unknown> = {}) =>
      new SignJWT({ role: 'FARMER', ver: 1, sid: 'session', ...claims })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
        .setSubject('farmer')
        .setIssuedAt()
        .setExpirationTime(life)
        .sign(privateKey),
    down: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/jwks') {
      issuer.keysAsked++;
      response.end(JSON.stringify({ keys: [jwk] }));
      return;
    }
    if (request.url?.startsWith('/ended-sessions')) {
      response.end(JSON.stringify({ now: new Date().toISOString(), sessions: issuer.endedSessions }));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    issuer.introspections.push({ body, headers: request.headers });
    await new Promise((resolve) => setTimeout(resolve, issuer.introspectionDelayMs));
    const token = new URLSearchParams(body).get('token') ?? '';
    response.statusCode = issuer.introspectionStatus;
    response.end(JSON.stringify({ active: !issuer.ended.has(token) }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  issuer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => issuer.down());
  return issuer;
}

/** Waits until `check` passes. Fails with its last error. */
export async function eventually(check: () => Promise<void> | void, withinMs = 5_000): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

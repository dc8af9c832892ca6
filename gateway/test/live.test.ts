import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { createClient as createSseClient } from 'graphql-sse';
import { type Client, createClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { compose, eventually, type Farm, hens, owners, startFarm, startIssuer } from './fixture.ts';

const henChanged = 'subscription { henChanged(id: 1) { name owner { name } } }';
const socketUrl = (farm: Farm) => `${farm.gateway.url.replace('http', 'ws')}/graphql`;

interface Close {
  readonly code: number;
  readonly reason: string;
}

/** Makes a client of the gateway, and records how its connections ended. */
function connect(
  farm: Farm,
  options: { authorization?: string; headers?: Record<string, string>; retryAttempts?: number } = {},
): { client: Client; closes: Close[] } {
  const closes: Close[] = [];
  const { headers } = options;
  const client = createClient({
    url: socketUrl(farm),
    webSocketImpl: class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, headers ? { headers } : {});
      }
    },
    ...(options.authorization ? { connectionParams: { authorization: options.authorization } } : {}),
    retryAttempts: options.retryAttempts ?? 0,
    on: { closed: (event) => void closes.push(event as Close) },
  });
  onTestFinished(async () => client.dispose());
  return { client, closes };
}

/** Subscribes by a stream, without a client library: the test decides when it reads and when it leaves. */
function openStream(farm: Farm, query: string): Socket {
  const { port, hostname } = new URL(farm.gateway.url);
  const body = JSON.stringify({ query });
  const tcp = connectTcp(Number(port), hostname);
  tcp.write(
    `POST /graphql/stream HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return tcp;
}

const metricsOf = async (farm: Farm) =>
  (await fetch(`http://127.0.0.1:${farm.gateway.internalPort}/metrics`)).text();

const nameOf = ({ value }: { value?: any }) => value?.data?.henChanged?.name;

test('a payload is completed by other subgraphs: the state of the moment first, then every change', async () => {
  const farm = await startFarm();
  const { client } = connect(farm);
  const payloads = client.iterate({ query: henChanged });
  expect((await payloads.next()).value).toEqual({
    data: { henChanged: { name: '0', owner: { name: 'Olga' } } },
  });
  farm.hens.live.change('1');
  expect((await payloads.next()).value).toEqual({
    data: { henChanged: { name: '1', owner: { name: 'Olga' } } },
  });
  await payloads.return?.();
  await eventually(() => expect(farm.hens.live.size).toBe(0));
});

test('aliases, fragments and variables are those of the client, as in a query', async () => {
  const farm = await startFarm();
  const { client } = connect(farm);
  const query = `subscription Watch($which: ID!) { bird: henChanged(id: $which) { __typename ...F } }
    fragment F on Hen { called: name keeper: owner { id: name } }`;
  const payloads = client.iterate({ query, variables: { which: '4' } });
  expect((await payloads.next()).value).toEqual({
    data: { bird: { __typename: 'Hen', called: '0', keeper: { id: 'Olga' } } },
  });
});

test('a subgraph that fails to complete a payload takes only its own fields with it, and brings them once it is back', async () => {
  const farm = await startFarm();
  const { client } = connect(farm);
  const payloads = client.iterate({ query: henChanged });
  await payloads.next();
  await farm.owners.down();
  farm.hens.live.change('1');
  expect((await payloads.next()).value).toMatchObject({
    data: { henChanged: { name: '1', owner: null } },
    errors: [
      {
        message: expect.stringMatching(/^The part "owners" cannot be asked at the moment/),
        extensions: { code: 'INTERNAL' },
      },
    ],
  });
  await farm.owners.up();
  // This payload comes without another change.
  expect((await payloads.next()).value).toEqual({
    data: { henChanged: { name: '1', owner: { name: 'Olga' } } },
  });
});

test('queries and mutations come by the same socket, under the same rules', async () => {
  const farm = await startFarm({ MAX_DEPTH: '4' });
  const { client } = connect(farm);
  const run = (query: string) => client.iterate({ query }).next();
  expect((await run('{ hen(id: 3) { name owner { name } } }')).value).toEqual({
    data: { hen: { name: 'Hen 3', owner: { name: 'Olga' } } },
  });
  expect((await run('mutation { logIn(name: "Olga") }')).value).toEqual({ data: { logIn: 'token of Olga' } });
  // Refused before it runs, as a subscription would be: by an error message and not by a payload.
  await expect(
    run('{ hen(id: 1) { friend { friend { friend { friend { id } } } } } }'),
  ).rejects.toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  // It has run, and its answer has an error.
  expect((await run('{ boom }')).value).toMatchObject({
    data: { boom: null },
    errors: [{ extensions: { code: 'INTERNAL' } }],
  });
});

test.each([
  ['too deep', 'subscription { henChanged(id: 1) { friend { friend { friend { id } } } } }', 'depth'],
  ['too long', `subscription { henChanged(id: 1) { ${'name '.repeat(100)} } }`, 'tokens'],
  ['wrong', 'subscription { henChanged(id: 1) { feathers } }', 'Cannot query field'],
  ['unparsable', 'subscription { henChanged(', 'Syntax Error'],
  ['nothing', 'fragment F on Hen { id }', 'operationName'],
])('a subscription that is %s is refused in words, by every transport', async (_, query, words) => {
  const farm = await startFarm({ MAX_DEPTH: '3', MAX_TOKENS: '60' });
  const { client } = connect(farm);
  await expect(client.iterate({ query }).next()).rejects.toMatchObject([
    { message: expect.stringContaining(words) },
  ]);
  const response = await fetch(`${farm.gateway.url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  expect(text).toContain(words);
  expect(text).toMatch(/event: complete\ndata:\n\n$/);
  expect(farm.hens.live.subscribed).toHaveLength(0);
});

test('server-sent events tell the same', async () => {
  const farm = await startFarm();
  const client = createSseClient({ url: `${farm.gateway.url}/graphql/stream`, retryAttempts: 0 });
  const payloads = client.iterate({ query: henChanged });
  expect(nameOf(await payloads.next())).toBe('0');
  farm.hens.live.change('1');
  expect(nameOf(await payloads.next())).toBe('1');
  await payloads.return?.();
  await eventually(() => expect(farm.hens.live.size).toBe(0));
  const query = client.iterate({ query: '{ hello }' });
  expect((await query.next()).value).toEqual({ data: { hello: 'world' } });
  expect((await query.next()).done).toBe(true);
});

test('server-sent events come by GET, too, as browsers and GraphiQL ask for them; nothing is changed by it', async () => {
  const farm = await startFarm();
  const get = (path: string, parameters: Record<string, string>, signal?: AbortSignal) =>
    fetch(`${farm.gateway.url}${path}?${new URLSearchParams(parameters)}`, {
      headers: { accept: 'text/event-stream' },
      ...(signal ? { signal } : {}),
    });
  const leaving = new AbortController();
  const query = 'subscription ($which: ID!) { henChanged(id: $which) { name } }';
  const stream = await get('/graphql', { query, variables: '{"which":"1"}' }, leaving.signal);
  expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('"name":"0"')) text += (await reader?.read())?.value ?? '';
  leaving.abort();
  await eventually(() => expect(farm.hens.live.size).toBe(0));
  expect(await (await get('/graphql/stream', { query: '{ hello }' })).text()).toContain('{"hello":"world"}');
  const mutation = await get('/graphql', { query: 'mutation { feed(id: 1) { name } }' });
  expect(mutation.status).toBe(405);
  expect(await mutation.text()).toContain('Send a mutation by POST');
  expect((await get('/graphql', {})).status).toBe(400);
  expect((await get('/graphql', { query: '{ hello }', variables: '{' })).status).toBe(400);
});

test('a stream with cookies shares with one without: neither is served with what is only the other’s', async () => {
  const farm = await startFarm();
  const open = (cookie: string) =>
    createSseClient({
      url: `${farm.gateway.url}/graphql/stream`,
      headers: { cookie },
      retryAttempts: 0,
    }).iterate({
      query: henChanged,
    });
  const both = [open('session=one'), open('session=two')];
  for (const each of both) expect(nameOf(await each.next())).toBe('0');
  expect(farm.owners.asked.length).toBeGreaterThan(0);
  for (const { headers } of farm.owners.asked) expect(headers).not.toHaveProperty('cookie');
  for (const headers of farm.hens.live.subscribed) expect(headers).not.toHaveProperty('cookie');
});

test('equal subscriptions of one caller share an upstream; who joins later gets the state of the moment', async () => {
  const farm = await startFarm();
  const first = connect(farm).client.iterate({ query: henChanged });
  expect(nameOf(await first.next())).toBe('0');
  for (const name of ['1', '2']) {
    farm.hens.live.change('1');
    expect(nameOf(await first.next())).toBe(name);
  }
  const second = connect(farm).client.iterate({ query: henChanged });
  expect(nameOf(await second.next())).toBe('2');
  await eventually(() => expect(farm.hens.live.size).toBe(1));
  farm.hens.live.change('1');
  expect(nameOf(await first.next())).toBe('3');
  expect(nameOf(await second.next())).toBe('3');
  await first.return?.();
  farm.hens.live.change('1');
  expect(nameOf(await second.next())).toBe('4');
  expect(farm.hens.live.size).toBe(1);
  await second.return?.();
  await eventually(() => expect(farm.hens.live.size).toBe(0));
});

test('other callers, other variables and other operations share nothing', async () => {
  const farm = await startFarm();
  const olga = connect(farm, { authorization: 'Bearer olga' }).client;
  const boris = connect(farm, { authorization: 'Bearer boris' }).client;
  const all = [
    olga.iterate({ query: henChanged }),
    boris.iterate({ query: henChanged }),
    boris.iterate({ query: 'subscription { henChanged(id: 2) { name } }' }),
    boris.iterate({ query: 'subscription { henChanged(id: 1) { name } }' }),
  ];
  for (const each of all) await each.next();
  expect(farm.hens.live.size).toBe(4);
  const whose = farm.hens.live.subscribed.map(({ authorization }) => authorization);
  expect(whose.sort()).toEqual(['Bearer boris', 'Bearer boris', 'Bearer boris', 'Bearer olga']);
});

test('the subgraph gets the secret, and of the caller what it would get with a query', async () => {
  const farm = await startFarm();
  const { client } = connect(farm, {
    authorization: 'Bearer olga',
    headers: { cookie: 'a=1', 'x-anything': 'else', 'x-client-address': '6.6.6.6' },
  });
  await client.iterate({ query: henChanged }).next();
  const [headers] = farm.hens.live.subscribed;
  expect(headers).toMatchObject({
    authorization: 'Bearer olga',
    'x-internal-secret': 'a secret of the hens',
    'x-client-address': '127.0.0.1',
  });
  expect(headers?.['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  for (const name of ['cookie', 'x-anything']) expect(headers).not.toHaveProperty(name);
});

test('a subgraph that goes and comes back is no end: the subscription goes on with the state of the moment', async () => {
  const farm = await startFarm();
  const { client, closes } = connect(farm);
  const payloads = client.iterate({ query: henChanged });
  await payloads.next();
  await farm.hens.down();
  farm.hens.live.change('1');
  farm.hens.live.change('1');
  await farm.hens.up();
  expect(nameOf(await payloads.next())).toBe('2');
  farm.hens.live.change('1');
  expect(nameOf(await payloads.next())).toBe('3');
  expect(closes).toEqual([]);
});

test('a subgraph that cannot be reached is told of in time', async () => {
  const farm = await startFarm({ SUBGRAPH_TIMEOUT_MS: '300' });
  await farm.hens.down();
  const payloads = connect(farm).client.iterate({ query: henChanged });
  expect((await payloads.next()).value).toMatchObject({
    errors: [{ message: expect.stringMatching(/^The part "hens" cannot be asked at the moment/) }],
  });
  expect((await payloads.next()).done).toBe(true);
});

test('another supergraph completes what goes on; whoever subscribes anew gets the new one', async () => {
  const farm = await startFarm();
  const { client } = connect(farm);
  const payloads = client.iterate({ query: henChanged });
  await payloads.next();
  const changed = { ...hens, sdl: hens.sdl.replace('weight: Int!', 'mass: Int weight: Int!') };
  farm.replaceSupergraph(compose(changed, owners));
  expect((await payloads.next()).done).toBe(true);
  await eventually(() => expect(farm.hens.live.size).toBe(0));
  expect(nameOf(await client.iterate({ query: henChanged }).next())).toBe('0');
});

test('a gateway that stops tells its clients, and stops in time', async () => {
  const farm = await startFarm();
  const { client, closes } = connect(farm);
  const payloads = client.iterate({ query: henChanged });
  await payloads.next();
  const stream = createSseClient({ url: `${farm.gateway.url}/graphql/stream`, retryAttempts: 0 });
  const events = stream.iterate({ query: henChanged });
  await events.next();
  const startedAt = performance.now();
  const over = payloads.next().catch(() => undefined);
  await farm.gateway.stop();
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  await over;
  expect((await events.next()).done).toBe(true);
  expect(closes.map(({ code }) => code)).toEqual([1001]);
});

test('a slow reader is given the state of the moment instead of everything it missed, and holds up nobody', async () => {
  const farm = await startFarm();
  const quick = connect(farm).client.iterate({ query: henChanged });
  await quick.next();
  // A client that subscribes and then reads nothing.
  const socket = new WebSocket(socketUrl(farm), 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await once(socket, 'message');
  const long = `subscription { henChanged(id: 1) { name ${Array.from({ length: 40 }, (_, n) => `a${n}: owner { name }`).join(' ')} } }`;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: long } }));
  await once(socket, 'message');
  socket.pause();
  const stream = openStream(farm, long);
  await once(stream, 'data');
  stream.pause();
  // At most 6 s on any machine: a socket may leave pings unanswered for 12 s.
  const until = performance.now() + 6_000;
  let rounds = 0;
  while (rounds < 600 && performance.now() < until) {
    farm.hens.live.change('1');
    if (++rounds % 20 === 0) while (Number(nameOf(await quick.next())) < rounds);
  }
  const names: number[] = [];
  socket.on('message', (data) => {
    const name = JSON.parse(String(data)).payload?.data?.henChanged?.name;
    if (name !== undefined) names.push(Number(name));
  });
  socket.resume();
  await eventually(() => expect(names.at(-1)).toBe(rounds), 90_000);
  // The payloads come in order; states may be missing.
  expect(names).toEqual([...names].sort((a, b) => a - b));
  socket.terminate();
  // A stream that ends while the gateway waits for its reader is counted out.
  stream.destroy();
  await eventually(async () => expect(await metricsOf(farm)).toContain('gateway_open_streams 0\n'));
});

test('a token that is not valid is no way in, and no token leads as far as without a socket', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const stranger = connect(farm).client;
  expect(nameOf(await stranger.iterate({ query: henChanged }).next())).toBe('0');
  await expect(
    stranger.iterate({ query: 'subscription { secretHenChanged { id } }' }).next(),
  ).rejects.toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  const forged = connect(farm, { authorization: 'Bearer forged' });
  await expect(forged.client.iterate({ query: henChanged }).next()).rejects.toMatchObject({ code: 4401 });
  expect(forged.closes[0]?.reason).toContain('not one of ours');
  const known = connect(farm, { authorization: `Bearer ${await issuer.token()}` });
  const payload = await known.client.iterate({ query: 'subscription { secretHenChanged { id } }' }).next();
  expect(payload.value).toEqual({ data: { secretHenChanged: { id: 'secret' } } });
});

test('a socket ends when its token runs out, and a stream with it', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const authorization = `Bearer ${await issuer.token('2s')}`;
  const { client, closes } = connect(farm, { authorization });
  const payloads = client.iterate({ query: henChanged });
  await payloads.next();
  const events = createSseClient({
    url: `${farm.gateway.url}/graphql/stream`,
    headers: { authorization },
    retryAttempts: 0,
  }).iterate({ query: henChanged });
  await events.next();
  await expect(payloads.next()).rejects.toMatchObject({ code: 4403 });
  expect(closes[0]?.reason).toContain('has run out');
  expect((await events.next()).value).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
  expect((await events.next()).done).toBe(true);
  await eventually(() => expect(farm.hens.live.size).toBe(0));
});

test('a socket ends within a second of its session', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({
    JWKS_URL: `${issuer.url}/jwks`,
    ENDED_SESSIONS_URL: `${issuer.url}/ended-sessions`,
  });
  const ending = connect(farm, { authorization: `Bearer ${await issuer.token('15m', { sid: 'ending' })}` });
  const going = connect(farm, { authorization: `Bearer ${await issuer.token('15m', { sid: 'going' })}` });
  const ended = ending.client.iterate({ query: henChanged });
  const goes = going.client.iterate({ query: henChanged });
  await Promise.all([ended.next(), goes.next()]);
  issuer.endedSessions.push('ending');
  const startedAt = performance.now();
  await expect(ended.next()).rejects.toMatchObject({ code: 4401 });
  // About 1 s on an idle machine; the token holds for fifteen minutes.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(ending.closes[0]?.reason).toContain('has ended');
  farm.hens.live.change('1');
  expect(nameOf(await goes.next())).toBe('1');
});

test('pages of other origins may not connect, unless they are listed', async () => {
  const farm = await startFarm({ ALLOWED_ORIGINS: 'https://friend.example' });
  const status = async (origin: string) => {
    const socket = new WebSocket(socketUrl(farm), 'graphql-transport-ws', { headers: { origin } });
    return new Promise((resolve) => {
      socket.on('open', () => resolve(101));
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('error', () => undefined);
    }).finally(() => socket.terminate());
  };
  expect(await status('https://evil.example')).toBe(403);
  expect(await status('https://friend.example')).toBe(101);
  expect(await status(farm.gateway.url)).toBe(101);
});

test('sockets are limited in all and for each user, messages in length', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({
    JWKS_URL: `${issuer.url}/jwks`,
    MAX_CONNECTIONS: '3',
    MAX_CONNECTIONS_PER_USER: '2',
  });
  const authorization = `Bearer ${await issuer.token()}`;
  const mine = [connect(farm, { authorization }), connect(farm, { authorization })];
  for (const { client } of mine) await client.iterate({ query: henChanged }).next();
  const third = connect(farm, { authorization });
  await expect(third.client.iterate({ query: henChanged }).next()).rejects.toMatchObject({ code: 1013 });
  expect(third.closes[0]?.reason).toContain('2 connections');
  await connect(farm).client.iterate({ query: henChanged }).next();
  const refused = new WebSocket(socketUrl(farm), 'graphql-transport-ws');
  const [, response] = await once(refused, 'unexpected-response');
  expect(response.statusCode).toBe(503);
  response.resume();
  // A client that leaves makes room.
  await mine[0]?.client.dispose();
  await eventually(async () => {
    await connect(farm, { authorization }).client.iterate({ query: henChanged }).next();
  });
  const { client, closes } = mine[1] as { client: Client; closes: Close[] };
  const tooLong = client.iterate({ query: `# ${'x'.repeat(600_000)}\n{ hello }` });
  await expect(tooLong.next()).rejects.toMatchObject({ code: 1009 });
  expect(closes).toHaveLength(1);
});

test('who leaves while it is found out who they are does not count as connected', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({
    JWKS_URL: `${issuer.url}/jwks`,
    INTROSPECTION_URL: `${issuer.url}/introspect`,
    MAX_CONNECTIONS_PER_USER: '1',
  });
  const authorization = `Bearer ${await issuer.token()}`;
  issuer.introspectionDelayMs = 200;
  const socket = new WebSocket(socketUrl(farm), 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  const leaving = new AbortController();
  const stream = fetch(`${farm.gateway.url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query: henChanged }),
    signal: leaving.signal,
  }).catch(() => undefined);
  await eventually(() => expect(issuer.introspections.length).toBeGreaterThan(0));
  socket.terminate();
  leaving.abort();
  await stream;
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(farm.hens.live.size).toBe(0);
  expect(nameOf(await connect(farm, { authorization }).client.iterate({ query: henChanged }).next())).toBe(
    '0',
  );
});

test('a WebSocket of another protocol or at another path is refused', async () => {
  const farm = await startFarm();
  const old = new WebSocket(socketUrl(farm), 'graphql-ws');
  old.on('error', () => undefined);
  await new Promise((resolve) => old.on('close', resolve));
  const lost = new WebSocket(`${farm.gateway.url.replace('http', 'ws')}/sockets`, 'graphql-transport-ws');
  const [, response] = await once(lost, 'unexpected-response');
  expect(response.statusCode).toBe(404);
  response.resume();
});

test('nothing is left of clients that went in whatever way', async () => {
  const farm = await startFarm();
  const gone = async (leave: (socket: WebSocket) => void) => {
    const socket = new WebSocket(socketUrl(farm), 'graphql-transport-ws');
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: henChanged } }));
    await once(socket, 'message');
    leave(socket);
    await once(socket, 'close');
  };
  await gone((socket) => socket.close());
  await gone((socket) => socket.terminate());
  await gone((socket) => socket.send('this is no JSON'));
  await gone((socket) =>
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: henChanged } })),
  );
  // A stream whose client hangs up.
  const tcp = openStream(farm, henChanged);
  await once(tcp, 'data');
  await eventually(() => expect(farm.hens.live.size).toBe(1));
  tcp.destroy();
  await eventually(() => expect(farm.hens.live.size).toBe(0));
  const text = await metricsOf(farm);
  for (const name of ['gateway_open_sockets', 'gateway_open_streams', 'gateway_upstream_subscriptions'])
    expect(text).toContain(`${name} 0\n`);
});

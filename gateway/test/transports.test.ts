import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { serverAudits } from 'graphql-http';
import { createClient } from 'graphql-ws';
import { request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { eventually, type Farm, startFarm, startIssuer } from './fixture.ts';

const henChanged = 'subscription { henChanged(id: 1) { name } }';
const hashOf = (query: string) => createHash('sha256').update(query).digest('hex');
const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });

/** Sends an operation by one transport. Returns its first answer: a result, a payload or the errors. */
type Send = (farm: Farm, parameters: Record<string, unknown>) => Promise<any>;

const post =
  (path: string, headers: Record<string, string>, read: (text: string) => unknown): Send =>
  async (farm, parameters) => {
    const leaving = new AbortController();
    const response = await fetch(`${farm.gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(parameters),
      signal: leaving.signal,
    });
    try {
      if (response.headers.get('content-type')?.startsWith('application/json')) return await response.json();
      let text = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (text.includes('"data"') || text.includes('"errors"')) return read(text);
      }
      throw new Error(`there is no payload in ${text}`);
    } finally {
      leaving.abort();
    }
  };

const bySocket: Send = async (farm, parameters) => {
  const socket = new WebSocket(`${farm.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  try {
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: parameters }));
    const [message] = await once(socket, 'message');
    const { type, payload } = JSON.parse(String(message));
    return type === 'error' ? { errors: payload } : payload;
  } finally {
    socket.close();
  }
};

const byEvents = (text: string) => JSON.parse(/^data: (.+)$/m.exec(text)?.[1] ?? '');
const transports: Record<string, Send> = {
  POST: post('/graphql', { accept: 'application/json' }, JSON.parse),
  'server-sent events': post('/graphql/stream', { accept: 'text/event-stream' }, byEvents),
  'server-sent events at /graphql': post('/graphql', { accept: 'text/event-stream' }, byEvents),
  multipart: post(
    '/graphql',
    { accept: 'multipart/mixed;subscriptionSpec=1.0' },
    (text) => JSON.parse(/^\{"payload".*$/m.exec(text)?.[0] ?? '').payload,
  ),
  WebSocket: bySocket,
};
const streaming = Object.entries(transports).filter(([name]) => name !== 'POST');

test.each(Object.entries(transports))('parameters that are ill-typed are refused by %s', async (_, send) => {
  const farm = await startFarm();
  const query = '{ hello }';
  for (const parameters of [
    { query: 1 },
    { query: '' },
    { query, variables: [] },
    { query, variables: '{}' },
    { query, variables: 3 },
    { query, operationName: 3 },
    { query, extensions: 'x' },
    { query, extensions: { persistedQuery: true } },
    { query, extensions: persisted('ab') },
    {},
  ]) {
    const { data, errors } = await send(farm, parameters);
    expect({ parameters, data, code: errors?.[0]?.extensions?.code }).toEqual({
      parameters,
      data: undefined,
      code: 'BAD_REQUEST',
    });
  }
  expect(farm.hens.asked).toEqual([]);
});

test.each(Object.entries(transports))('an operationName that is empty is none, by %s', async (_, send) => {
  const farm = await startFarm();
  const parameters = { query: 'query A { hello }', operationName: '', variables: null };
  expect(await send(farm, parameters)).toEqual({ data: { hello: 'world' } });
});

test.each(streaming)('a hash stands for a subscription that was sent before, by %s', async (_, send) => {
  const farm = await startFarm();
  const extensions = persisted(hashOf(henChanged));
  const unknown = await send(farm, { query: '', extensions });
  expect(unknown.errors?.[0]).toMatchObject({
    message: 'PersistedQueryNotFound',
    extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
  });
  const payload = { data: { henChanged: { name: '0' } } };
  expect(await send(farm, { query: henChanged, extensions })).toEqual(payload);
  expect(await send(farm, { query: '', extensions })).toEqual(payload);
});

test('a client that takes answers and streams gets a stream for a subscription only', async () => {
  const farm = await startFarm();
  const accept = 'application/graphql-response+json, application/json, text/event-stream';
  const send = post('/graphql', { accept }, byEvents);
  expect(await send(farm, { query: henChanged })).toEqual({ data: { henChanged: { name: '0' } } });
  const { headers, json } = await farm.graphql({ query: '{ hello }' }, { accept });
  expect(headers.get('content-type')).toContain('json');
  expect(json).toEqual({ data: { hello: 'world' } });
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16'])(
  'a body that is %s is 415',
  async (contentType) => {
    const farm = await startFarm();
    for (const path of ['/graphql', '/graphql/stream']) {
      const response = await fetch(`${farm.gateway.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: '{"query":"{ hello }"}',
      });
      expect(response.status).toBe(415);
      expect((await response.json()).errors[0].extensions.code).toBe('BAD_REQUEST');
    }
  },
);

test.each(['/graphql', '/graphql/stream'])('a mutation by GET is 405 at %s', async (path) => {
  const farm = await startFarm();
  const query = 'mutation { feed(id: 1) { name } }';
  await farm.graphql({ query, extensions: persisted(hashOf(query)) });
  const search = new URLSearchParams({ query, extensions: JSON.stringify(persisted(hashOf(query))) });
  const { statusCode, headers, body } = await request(`${farm.gateway.url}${path}?${search}`, {
    headers: { 'apollo-require-preflight': '1' },
  });
  await body.dump();
  expect([statusCode, headers.allow]).toEqual([405, 'POST']);
  expect(farm.hens.asked).toHaveLength(1);
});

test('a message on a socket may be as long as a body by HTTP', async () => {
  const farm = await startFarm();
  const parameters = { query: `{ hello } # ${'x'.repeat(400_000)}` };
  for (const send of [transports.POST, transports.WebSocket] as Send[])
    expect(await send(farm, parameters)).toEqual({ data: { hello: 'world' } });
});

test('a socket that breaks the protocol is closed with the code for that, and nobody else’s', async () => {
  const farm = await startFarm();
  const init = { type: 'connection_init' };
  const subscribe = (id: string) => ({ id, type: 'subscribe', payload: { query: henChanged } });
  // Longer than the reason of a close may be.
  const long = '🐔'.repeat(200);
  for (const [code, messages] of [
    [4400, ['no JSON']],
    [4400, [init, { type: 'unknown' }]],
    [4400, [init, { type: 'subscribe', payload: { query: henChanged } }]],
    [4401, [subscribe('1')]],
    [4409, [init, subscribe(long), subscribe(long)]],
    [4429, [init, init]],
  ] as const) {
    const socket = new WebSocket(`${farm.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    for (const [at, message] of messages.entries()) {
      const acknowledged = at === 0 && message === init && messages[1] !== init && once(socket, 'message');
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      if (acknowledged) await acknowledged;
    }
    expect((await once(socket, 'close'))[0]).toBe(code);
  }
  const { json } = await farm.graphql({ query: '{ hello }' });
  expect(json).toEqual({ data: { hello: 'world' } });
});

test('a socket answers pings with their payload, and ends a subscription when asked', async () => {
  const farm = await startFarm();
  const socket = new WebSocket(`${farm.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  const answerTo = async (message: unknown) => {
    socket.send(JSON.stringify(message));
    return JSON.parse(String((await once(socket, 'message'))[0]));
  };
  expect(await answerTo({ type: 'ping', payload: { at: 1 } })).toEqual({ type: 'pong', payload: { at: 1 } });
  expect(await answerTo({ type: 'connection_init' })).toEqual({ type: 'connection_ack' });
  const payload = { data: { henChanged: { name: '0' } } };
  for (let n = 0; n < 3; n++) {
    // The id is free again at once.
    const subscribe = { id: '1', type: 'subscribe', payload: { query: henChanged } };
    expect(await answerTo(subscribe)).toEqual({ id: '1', type: 'next', payload });
    socket.send('{"id":"1","type":"complete"}');
  }
  expect(await answerTo({ type: 'ping' })).toEqual({ type: 'pong' });
  await eventually(() => expect(farm.hens.live.size).toBe(0));
});

test('a client of graphql-ws whose token runs out comes back by itself with a new one', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({ JWKS_URL: `${issuer.url}/jwks` });
  const tokens = [await issuer.token('2s'), await issuer.token()];
  const closes: number[] = [];
  // As in the README: nothing but the token is set.
  const client = createClient({
    url: `${farm.gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ authorization: `Bearer ${tokens.shift()}` }),
    on: { closed: (event) => void closes.push((event as { code: number }).code) },
  });
  onTestFinished(async () => client.dispose());
  const payloads = client.iterate({ query: henChanged });
  const nameOf = async () => ((await payloads.next()).value?.data as any)?.henChanged.name;
  expect(await nameOf()).toBe('0');
  // The state of the moment, after the socket has been closed and opened again.
  expect(await nameOf()).toBe('0');
  expect(closes).toEqual([4403]);
  expect(tokens).toEqual([]);
  farm.hens.live.change('1');
  expect(await nameOf()).toBe('1');
});

test('introspection is complete, with what the newest tools ask for', async () => {
  const farm = await startFarm();
  const query = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, specifiedByUrl: true });
  const { json } = await farm.graphql({ query });
  expect(json.errors).toBeUndefined();
  const { __schema } = json.data as IntrospectionQuery;
  expect(__schema.types.find(({ name }) => name === 'Hen')).toMatchObject({ isOneOf: null });
});

test('long answers are compressed for clients that take that, and short ones are not', async () => {
  const farm = await startFarm();
  const long = JSON.stringify({ query: '{ hens(first: 100) { id name } }' });
  const ask = async (body: string, encoding?: string) => {
    const response = await request(`${farm.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(encoding ? { 'accept-encoding': encoding } : {}) },
      body,
    });
    return { headers: response.headers, bytes: Buffer.from(await response.body.arrayBuffer()) };
  };
  const plain = await ask(long);
  expect(plain.headers).not.toHaveProperty('content-encoding');
  expect(plain.headers.vary).toContain('Accept-Encoding');
  const brotli = await ask(long, 'gzip, deflate, br');
  expect(brotli.headers['content-encoding']).toBe('br');
  expect(brotliDecompressSync(brotli.bytes)).toEqual(plain.bytes);
  const gzip = await ask(long, 'gzip, br;q=0');
  expect(gzip.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(gzip.bytes)).toEqual(plain.bytes);
  expect(gzip.bytes.length).toBeLessThan(plain.bytes.length / 4);
  const short = await ask('{"query":"{ hello }"}', 'gzip, br');
  expect(short.headers).not.toHaveProperty('content-encoding');
});

test('a stream is compressed for clients that take that, and each payload leaves at once', async () => {
  const farm = await startFarm();
  const leaving = new AbortController();
  const stream = async (encoding: string) =>
    fetch(`${farm.gateway.url}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': encoding },
      body: JSON.stringify({ query: henChanged }),
      signal: leaving.signal,
    });
  const compressed = await stream('gzip');
  expect(compressed.headers.get('content-encoding')).toBe('gzip');
  expect((await stream('identity')).headers.has('content-encoding')).toBe(false);
  let text = '';
  let changes = 0;
  for await (const chunk of compressed.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (!text.includes(`"name":"${changes}"`)) continue;
    if (changes === 3) break;
    farm.hens.live.change('1');
    changes++;
  }
  leaving.abort();
  expect(changes).toBe(3);
});

/** The parts of the audit that are refused by design: each is a MAY, and GET is for persisted queries only. */
const refusedByDesign = [
  'MAY accept application/x-www-form-urlencoded formatted GET requests',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
];

test('the audit of GraphQL over HTTP passes', async () => {
  const farm = await startFarm();
  const audits = serverAudits({ url: `${farm.gateway.url}/graphql`, fetchFn: fetch });
  const failed: string[] = [];
  for (const audit of audits) if ((await audit.fn()).status !== 'ok') failed.push(audit.name);
  expect(audits.length).toBeGreaterThan(50);
  expect(failed).toEqual(refusedByDesign);
});

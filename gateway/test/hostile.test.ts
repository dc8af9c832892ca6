import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { answers, eventually, startFarm, startIssuer } from './fixture.ts';

// What one client, or one broken subgraph, must not be able to do.

test('a refused upgrade whose client resets the connection, or never closes it, leaves nothing and harms nobody', async () => {
  const farm = await startFarm();
  const { port } = new URL(farm.gateway.url);
  const upgrade =
    'GET /nope HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  for (let n = 0; n < 20; n++) {
    const tcp = connectTcp(Number(port), '127.0.0.1');
    tcp.on('error', () => undefined);
    await once(tcp, 'connect');
    tcp.write(upgrade, () => tcp.resetAndDestroy());
    await once(tcp, 'close');
  }
  const lazy = connectTcp({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void lazy.destroy());
  lazy.on('error', () => undefined);
  lazy.write(upgrade);
  expect(String((await once(lazy, 'data'))[0])).toContain('404');
  const closed = new Promise((resolve) => lazy.on('close', resolve));
  // The gateway gives up on it; this end goes on writing until it notices.
  const writing = setInterval(() => lazy.write('x'), 100);
  await closed;
  clearInterval(writing);
  expect((await farm.graphql({ query: '{ hello }' })).json).toEqual({ data: { hello: 'world' } });
});

test('a heavy operation that is refused while it waits for its turn takes no turn with it', async () => {
  const issuer = await startIssuer();
  const farm = await startFarm({
    JWKS_URL: `${issuer.url}/jwks`,
    HEAVY_BYTES: '2000',
    MAX_HEAVY: '1',
    MAX_HEAVY_PER_CALLER: '1',
  });
  const heavy = { query: '{ flock(first: 200) { id name } hello }' };
  const strangers = { query: '{ flock(first: 200) { id name } secretHen { name } }' };
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  farm.hens.override = async () => {
    await held;
    return false;
  };
  const first = farm.graphql(heavy);
  await eventually(() => expect(farm.hens.asked.length).toBe(1));
  for (let n = 0; n < 3; n++)
    expect((await farm.graphql(strangers)).json.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  goOn();
  await first;
  expect((await farm.graphql(heavy)).json.errors).toBeUndefined();
});

test('a cookie goes to the client it was made for, also where queries share answers', async () => {
  const farm = await startFarm({ SHARE_QUERIES: 'true' });
  let made = 0;
  farm.hens.override = async (_, response) => {
    const cookie = `session=${++made}`;
    await new Promise((resolve) => setTimeout(resolve, 30));
    response
      .writeHead(200, { 'content-type': 'application/json', 'set-cookie': cookie })
      .end('{"data":{"hello":"x"}}');
    return true;
  };
  const all = await Promise.all(Array.from({ length: 5 }, () => farm.graphql({ query: '{ hello }' })));
  expect(new Set(all.map(({ headers }) => headers.get('set-cookie'))).size).toBe(5);
});

test('what a client sends after its socket was closed is not run', async () => {
  const farm = await startFarm();
  const socket = new WebSocket(`${farm.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  const mutation = { query: 'mutation { feed(id: 1) { id } }' };
  // In one go, so that all of it is there before this end answers the close.
  socket.send('{"type":"nonsense"}');
  for (let n = 0; n < 5; n++)
    socket.send(JSON.stringify({ id: `${n}`, type: 'subscribe', payload: mutation }));
  expect((await once(socket, 'close'))[0]).toBe(4400);
  await farm.graphql({ query: '{ hello }' });
  expect(farm.hens.asked.map(({ query }) => query).join()).not.toContain('feed');
});

test('mistakes of a client have their code, and no line in the log of errors', async () => {
  const farm = await startFarm();
  const socket = new WebSocket(`${farm.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  const codes: unknown[] = [];
  socket.on('message', (data) => {
    const { type, payload } = JSON.parse(String(data));
    if (type === 'error') codes.push(payload[0].extensions.code);
  });
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  const subscribe = (id: string, query: string) =>
    socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } }));
  subscribe('wrong', 'subscription ($id: ID!) { henChanged(id: $id) { name } }');
  await eventually(() => expect(codes).toEqual(['BAD_USER_INPUT']));
  for (let n = 0; n < 101; n++) subscribe(`${n}`, 'subscription { henChanged(id: 1) { name } }');
  await eventually(() => expect(codes).toEqual(['BAD_USER_INPUT', 'TOO_MANY_REQUESTS']));
  expect(farm.log.filter(({ level }) => level >= 50)).toEqual([]);
});

test.each([
  [
    'an error whose path is null',
    { data: { hen: null }, errors: [{ message: 'no', path: null, extensions: { code: 'NOT_FOUND' } }] },
    { data: { hen: null }, errors: [{ message: 'no', extensions: { code: 'NOT_FOUND' } }] },
  ],
  [
    'an error whose path is no list',
    {
      data: { hen: { id: '1', __typename: 'Hen' } },
      errors: [{ message: 'no', path: 5, extensions: { code: 'NOT_FOUND', http: { status: 101 } } }],
    },
    { data: { hen: { id: '1' } }, errors: [{ message: 'no', extensions: { code: 'NOT_FOUND' } }] },
  ],
  [
    'an object of a type that is impossible there',
    { data: { hen: { id: '1', __typename: 'Owner' } } },
    { data: { hen: null } },
  ],
  [
    'a type that is no name',
    { data: { hen: { id: '1', __typename: { toString: 1 } } } },
    { data: { hen: null } },
  ],
])('%s from a subgraph harms no more than its own place', async (_, body, expected) => {
  const farm = await startFarm();
  farm.hens.override = answers(200, body);
  const { status, json } = await farm.graphql({ query: '{ hen(id: 1) { id } }' });
  expect(status).toBe(200);
  expect(json).toMatchObject(expected);
});

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Client, type ClientOptions, createClient, type GraphqlError } from '../src/graphqlClient.ts';
import { logIn } from '../src/session.ts';
import { startStandInServer } from './standInServer.ts';

let server: Server | undefined;
let client: Client | undefined;
let calls = 0;
afterEach(async () => {
  await client?.close();
  server?.closeAllConnections();
  server?.close();
  calls = 0;
});

async function serve(listener: RequestListener, options: ClientOptions = {}): Promise<Client> {
  server = createServer((request, response) => {
    calls++;
    request.resume().on('end', () => listener(request, response));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = createClient(`http://127.0.0.1:${port}/graphql`, { retryDelaysMs: [1, 1], ...options });
  return client;
}

const failure = (promise: Promise<unknown>): Promise<GraphqlError> =>
  promise.then(
    () => Promise.reject(new Error('this should have failed')),
    (error) => error,
  );

test('the first error of an answer is thrown, even beside data', async () => {
  const { request } = await serve((_, response) =>
    response.end(
      '{"data":{"me":null},"errors":[{"message":"No.","extensions":{"code":"FORBIDDEN"}},{"message":"2"}]}',
    ),
  );
  expect(await failure(request('{ me { id } }'))).toMatchObject({ code: 'FORBIDDEN', message: 'No.' });
  expect(calls).toBe(1);
});

test('a query that got no answer is repeated, a mutation is not', async () => {
  const { request } = await serve((message, response) =>
    calls < 3 ? message.socket.destroy() : response.end('{"data":{"ok":true}}'),
  );
  expect(await request('# why\n  query { ok }')).toEqual({ ok: true });
  expect(calls).toBe(3);
  calls = 0;
  expect(await failure(request('mutation { ok }'))).toMatchObject({ code: 'UNREACHABLE' });
  expect(calls).toBe(1);
});

test('a server that takes too long, or trickles, is given up', async () => {
  let trickle: NodeJS.Timeout | undefined;
  const { request } = await serve(
    (_, response) => {
      trickle = setInterval(() => response.write(' '), 20);
    },
    { timeoutMs: 150, retryDelaysMs: [] },
  );
  const error = await failure(request('{ ok }'));
  clearInterval(trickle);
  expect(error).toMatchObject({ code: 'UNREACHABLE' });
  expect(error.message).toContain('no answer within 150 ms');
});

test('a page that is no GraphQL endpoint is told apart from one that is down', async () => {
  const { request } = await serve((_, response) => {
    response.statusCode = calls === 1 ? 404 : 503;
    response.end('<html>');
  });
  expect(await failure(request('mutation { ok }'))).toMatchObject({ code: 'BAD_ANSWER' });
  expect(await failure(request('mutation { ok }'))).toMatchObject({ code: 'UNREACHABLE' });
});

test('a session renews itself before its token ends, once for all who ask', async () => {
  const standIn = await startStandInServer();
  client = createClient(standIn.url);
  let now = Date.now();
  const session = await logIn(client, 'kesha', 'curved', () => now);
  const first = await session.token();
  now += 13 * 60_000;
  expect(await session.token()).toBe(first);
  now += 90_000;
  const [second, third] = await Promise.all([session.token(), session.token()]);
  expect(second).toBe(third);
  expect(second).not.toBe(first);
  expect(await session.renew(first)).toBe(second);
  expect(standIn.refreshes).toBe(1);
  await standIn.stop();
});

test('a wrong beak shape is UNAUTHENTICATED', async () => {
  const standIn = await startStandInServer();
  client = createClient(standIn.url);
  expect(await failure(logIn(client, 'kesha', 'straight'))).toMatchObject({ code: 'UNAUTHENTICATED' });
  await standIn.stop();
});

import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { eventually, type Farm, startFarm } from './fixture.ts';

const query = 'subscription { henChanged(id: 1) { name owner { name } } }';
const subscribeMessage = JSON.stringify({ id: '1', type: 'subscribe', payload: { query } });

/** Opens a socket that has subscribed and got its first payload. */
async function openSocket(farm: Farm, authorization: string): Promise<WebSocket> {
  const url = `${farm.gateway.url.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  await once(socket, 'message');
  socket.send(subscribeMessage);
  await once(socket, 'message');
  return socket;
}

/** Every way in which a client can leave. */
const leave: readonly ((socket: WebSocket) => Promise<unknown>)[] = [
  async (socket) => {
    socket.send(JSON.stringify({ id: '1', type: 'complete' }));
    socket.close();
    await once(socket, 'close');
  },
  async (socket) => {
    socket.close();
    await once(socket, 'close');
  },
  async (socket) => {
    socket.terminate();
    await once(socket, 'close');
  },
  async (socket) => {
    socket.send('this is no message');
    await once(socket, 'close');
  },
];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Returns the heap in use after a garbage collection, in MiB. */
function heapMiB(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed / 1024 ** 2;
}

test('after 10,000 subscriptions that ended in every way, all is as it was before', async () => {
  const farm = await startFarm();
  const rounds = async (count: number) => {
    const workers = Array.from({ length: 8 }, async (_, worker) => {
      for (let n = worker; n < count; n += 8) {
        const socket = await openSocket(farm, `Bearer ${n % 50}`);
        if (n % 5 === 0) farm.hens.live.change('1');
        await leave[n % leave.length]?.(socket);
      }
    });
    await Promise.all(workers);
    await eventually(() => expect(farm.hens.live.size).toBe(0));
    farm.hens.live.subscribed.length = 0;
    farm.owners.asked.length = 0;
  };
  // Warms up: caches fill, and code is compiled.
  await rounds(2_000);
  const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const before = { heap: heapMiB(), listeners: listeners() };
  await rounds(10_000);
  const metrics = await (await fetch(`http://127.0.0.1:${farm.gateway.internalPort}/metrics`)).text();
  for (const name of ['gateway_open_sockets', 'gateway_open_streams', 'gateway_upstream_subscriptions'])
    expect(metrics).toContain(`${name} 0\n`);
  expect(listeners()).toBe(before.listeners);
  // One KiB left by each would be 10 MiB.
  expect(heapMiB() - before.heap).toBeLessThan(5);
});

test('a client that has gone without a word is noticed, and nothing of it is left', async () => {
  const farm = await startFarm();
  const socket = await openSocket(farm, 'Bearer 1');
  expect(farm.hens.live.size).toBe(1);
  // It no longer answers pings, like a client that has lost its network.
  socket.pause();
  await eventually(() => expect(farm.hens.live.size).toBe(0), 60_000);
  socket.terminate();
});

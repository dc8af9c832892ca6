import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

/**
 * The yardstick of `live`, a separate process: a plain graphql-ws server with one subscription. It is also the
 * subgraph that the gateway is measured over, so that both send the same payloads. Each message by IPC is a change.
 * Takes its SDL in argv[2] and sends its URL by IPC.
 */
const listeners = new Set<() => void>();
let changes = 0;

const balanceChanged = {
  subscribe(): AsyncIterableIterator<number> {
    const waiting = [changes];
    let ended = false;
    let wake = () => {};
    const listener = () => {
      waiting.push(changes);
      wake();
    };
    listeners.add(listener);
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        for (;;) {
          const value = waiting.shift();
          if (value !== undefined) return { value, done: false };
          if (ended) return { value, done: true };
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
      async return() {
        ended = true;
        listeners.delete(listener);
        wake();
        return { value: undefined, done: true };
      },
    };
  },
  resolve: (change: number) => ({
    balance: `${change}.00`,
    account: { id: '01a1fc26-9e52-7c8d-8477-92548b30587a' },
    entries: Array.from({ length: 3 }, (_, n) => ({
      id: `01a1fc26-9e52-7c8d-8477-92548b30587${n}`,
      amount: '-12.00',
      description: `Fee for being assigned "Clean the cage no. ${change}"`,
    })),
  }),
};

const schema = buildSubgraphSchema([
  { typeDefs: parse(process.argv[2] as string), resolvers: { Subscription: { balanceChanged } } as never },
]);
const server = createServer((request, response) => {
  // The gateway's only requests by HTTP check that the subgraph is there.
  request.resume();
  response.setHeader('content-type', 'application/json');
  response.end('{"data":{"__typename":"Query"}}');
});
useServer({ schema }, new WebSocketServer({ server, perMessageDeflate: false }));
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` });
});
process.on('message', () => {
  changes++;
  for (const listener of listeners) listener();
});
process.on('disconnect', () => process.exit());

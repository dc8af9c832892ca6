import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Exchange, startExchange } from './support/exchange.ts';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange?.stop());

test('a payload spans accounting, auth and tracker', async () => {
  const client = createClient({
    url: `${exchange.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${await exchange.token('kiwi')}` },
    retryAttempts: 0,
  });
  const payloads = client.iterate({
    query:
      'subscription { balanceChanged { balance entries { amount description task { title assignee { name } } } account { owner { name openTaskCount } } } }',
  });
  console.log(JSON.stringify((await payloads.next()).value));
  await exchange.data('ada', 'mutation { reassignTasks { id } }');
  for (let n = 0; n < 30; n++)
    await exchange.data('kiwi', `mutation { createTask(input: { title: "Feather ${n}" }) { id } }`);
  for (let n = 0; n < 3; n++) console.log(JSON.stringify((await payloads.next()).value).slice(0, 600));
  await payloads.return?.();
  await client.dispose();
  expect(1).toBe(1);
});

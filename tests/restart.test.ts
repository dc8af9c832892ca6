import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Exchange, startExchange } from './support/exchange.ts';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange?.stop());

test('workers that are stopped in the middle lose no receipt: nothing waits to be sent again', async () => {
  const rounds = 4;
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        exchange.data('kiwi', `mutation { createTask(input: { title: "Feather ${round} ${n}" }) { id } }`),
      ),
    );
    await exchange.stopWorkers();
    await exchange.startWorkers();
    // Half of the 30 s after which a delivery without a receipt is sent again (2 s with PostgreSQL).
    await exchange.settle(15_000);
  }
  const { ledgerAudit } = await exchange.data('ada', '{ ledgerAudit { ok entriesChecked } }');
  expect(ledgerAudit).toEqual({ ok: true, entriesChecked: 10 * rounds });
});

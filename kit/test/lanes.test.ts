import { defineEvent } from '@ates/schema/event';
import { id } from '@ates/schema/fields';
import { type Kysely, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import {
  createEmptyDatabase,
  createQueueDatabase,
  openTestDatabase,
  testLog,
} from '../../tests/support/databases.ts';
import { type Broker, openBroker, type QueueStore } from '../src/broker.ts';
import { newId } from '../src/clock.ts';
import { startConsumer } from '../src/consumer.ts';
import { createInbox, type InboxTables, onEvent } from '../src/inbox.ts';
import { appendEvent, createOutbox, type Lane, type OutboxTables } from '../src/outbox.ts';
import { startRelay } from '../src/relay.ts';

const { redisUrl } = inject('stores');
const nestBuilt = defineEvent({
  name: 'tracker.nest_built.v1',
  consumers: ['analytics'],
  fact: { nestId: id() },
});

let store: QueueStore;
let db: Kysely<OutboxTables & InboxTables>;
let broker: Broker;
let relay: Awaited<ReturnType<typeof startRelay>>;
let release: () => void;
const applied: string[] = [];

beforeAll(async () => {
  store = redisUrl
    ? { redis: { url: redisUrl, cluster: false } }
    : { postgresUrl: await createQueueDatabase() };
  db = openTestDatabase((await createEmptyDatabase()).migrationUrl);
  await createOutbox(db as unknown as Kysely<never>);
  await createInbox(db as unknown as Kysely<never>);
  broker = await openBroker(store, testLog);
});
afterEach(async () => {
  release();
  await broker.stopWorkers();
  await relay.stop();
  await broker.close();
});
afterAll(() => db.destroy());

const append = (lane: Lane, nestId: string) =>
  db
    .transaction()
    .execute((trx) => appendEvent(trx, nestBuilt, { nestId: [nestId] }, { lane, now: new Date() }));

test('an interactive event is applied while a bulk one is under way and more of them wait', async () => {
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let bulkBegun = 0;
  const now = () => new Date();
  startConsumer({
    ...{ db, broker, now, log: testLog },
    consumer: 'analytics',
    handlers: [
      onEvent<OutboxTables & InboxTables, typeof nestBuilt>(nestBuilt, async (_trx, { nestId }, { lane }) => {
        if (lane === 'bulk') {
          bulkBegun++;
          await gate;
        }
        applied.push(...nestId);
      }),
    ],
  });
  for (let n = 0; n < 40; n++) await append('bulk', newId());
  relay = await startRelay({
    ...{ db, broker, now, log: testLog },
    producer: 'tracker',
    consumers: ['analytics'],
  });
  await vi.waitFor(() => expect(bulkBegun).toBe(1), { timeout: 20_000 });

  const interactive = newId();
  await append('interactive', interactive);
  relay.ring('interactive');
  await vi.waitFor(() => expect(applied).toEqual([interactive]), { timeout: 20_000 });
  const { rows } = await sql<{
    n: number;
  }>`select count(*) as n from outbox_delivery where lane = 'bulk'`.execute(db);
  expect(rows).toEqual([{ n: 40 }]);
});

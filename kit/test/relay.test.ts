import { UnrecoverableError } from 'bullmq';
import { Redis } from 'ioredis';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import {
  createEmptyDatabase,
  createQueueDatabase,
  openTestDatabase,
  workOn,
} from '../../tests/support/databases.ts';
import { idOf } from '../../tests/support/facts.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { type OutboxTables, outboxSql } from '../src/database/outbox.ts';
import { type Broker, openBroker, type QueueStore } from '../src/events/broker.ts';
import type { Delivery } from '../src/events/handlers.ts';
import { queueName, startRelay } from '../src/events/relay.ts';
import type { Log } from '../src/process/log.ts';

const { redisUrl } = inject('stores');

let store: QueueStore;
let db: Kysely<OutboxTables>;
beforeAll(async () => {
  store = redisUrl
    ? { redis: { url: redisUrl, cluster: false } }
    : { postgresUrl: await createQueueDatabase() };
  db = openTestDatabase((await createEmptyDatabase()).migrationUrl);
  await runSqlFiles(db, outboxSql);
});
afterAll(() => db?.destroy());

let count = 0;
let producer: string;
let consumer: string;
let at: Date;
let lines: { level: number; msg: string }[];
let log: Log;
let broker: Broker;
let relay: Awaited<ReturnType<typeof startRelay>>;
const now = () => at;

beforeEach(async () => {
  // Each test has its own queues and sentinels, since tests share the store.
  count++;
  producer = `nest-${process.pid}-${count}`;
  consumer = `beak-${process.pid}-${count}`;
  at = new Date('2026-03-10T09:00:00.000Z');
  lines = [];
  log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  await sql`delete from outbox_delivery`.execute(db);
  await sql`delete from outbox_event`.execute(db);
  broker = await openBroker(store, log);
});
afterEach(async () => {
  await relay?.stop();
  await broker.close();
});

async function appendBulk(events: number): Promise<void> {
  for (let n = 1; n <= events; n++) {
    const id = idOf(0xe, n);
    await db
      .insertInto('outbox_event')
      .values({ id, event: 'nest.built.v1', payload: `{"n":[${n}]}`, created_at: at })
      .execute();
    await db
      .insertInto('outbox_delivery')
      .values({ event_id: id, consumer, lane: 'bulk', next_at: at, attempts: 0 })
      .execute();
  }
}
const start = async () => {
  relay = await startRelay({ database: workOn(db), broker, producer, consumers: [consumer], now, log });
};
const queue = () => broker.queue(queueName(consumer, 'bulk'));
const undelivered = async () =>
  (await db.selectFrom('outbox_delivery').select('event_id').execute()).map(({ event_id }) =>
    Number.parseInt(event_id.slice(-12), 16),
  );
/** Moves the clock on until deliveries without a receipt are due again. */
async function passResendTime(): Promise<void> {
  at = new Date(at.getTime() + 31_000);
  relay.wake('bulk');
  await new Promise((resolve) => setTimeout(resolve, 150));
}
function consume(apply: (n: number) => void): void {
  broker.worker<Delivery, string>(
    queueName(consumer, 'bulk'),
    async ({ data }) => {
      apply(JSON.parse(data.payload).n[0]);
      return 'applied';
    },
    { concurrency: 4 },
  );
}

test('while a consumer stands still its queue stays small, however long that takes; afterwards everything arrives', async () => {
  await appendBulk(200);
  await start();
  await expect.poll(() => queue().count()).toBe(16);
  const sizes: number[] = [];
  for (let times = 0; times < 12; times++) {
    await passResendTime();
    sizes.push(await queue().count());
  }
  // Four windows of 16, and one more that the relay sends before it counts the queue again.
  expect(Math.max(...sizes)).toBeLessThanOrEqual(80);
  expect(sizes.slice(-4)).toEqual(Array(4).fill(sizes.at(-1)));

  const applied = new Set<number>();
  consume((n) => applied.add(n));
  for (const end = Date.now() + 30_000; (await undelivered()).length > 0 && Date.now() < end; )
    await passResendTime();
  expect(await undelivered()).toEqual([]);
  expect(applied.size).toBe(200);
});

test('events that fail again and again hold up no others for ever', async () => {
  await appendBulk(100);
  consume((n) => {
    if (n <= 40) throw new UnrecoverableError('this nest is too small');
  });
  await start();
  for (const end = Date.now() + 15_000; (await undelivered()).length > 40 && Date.now() < end; )
    await passResendTime();
  expect((await undelivered()).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
});

describe.skipIf(!redisUrl)('a queue that was emptied', () => {
  const said = () => lines.filter(({ msg }) => msg.includes('the queue was empty'));
  const sent = () => db.updateTable('outbox_delivery').set({ attempts: 1, next_at: new Date('2030-01-01') });

  test('is told, but not at the first look, when there has never been anything in it', async () => {
    await appendBulk(3);
    await sent().execute();
    await start();
    await expect.poll(() => queue().count()).toBe(3);
    expect(said().filter(({ level }) => level >= 30)).toEqual([]);

    await sent().execute();
    const redis = new Redis(redisUrl!);
    await redis.del(`{ates}:sentinel:${producer}`);
    redis.disconnect();
    await expect.poll(() => said().filter(({ level }) => level === 30)).toHaveLength(1);
    expect(said().at(-1)?.msg).toBe(`the queue was empty: 3 events of ${producer} are sent again`);
  });
});

import { defineEvent } from '@ates/schema/event';
import { id } from '@ates/schema/fields';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { TestClockSkew } from '../../tests/support/clockSkew.ts';
import {
  createEmptyDatabase,
  createQueueDatabase,
  openTestDatabase,
  testLog,
  workOn,
} from '../../tests/support/databases.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { type Lane, type OutboxTables, outboxSql } from '../src/database/outbox.ts';
import { type Broker, openBroker, type QueueStore } from '../src/events/broker.ts';
import { startConsumer } from '../src/events/consumer.ts';
import { onEvent } from '../src/events/handlers.ts';
import { heldEventsSql } from '../src/events/heldEvents.ts';
import { type InboxTables, inboxSql } from '../src/events/inbox.ts';
import { queueName, startRelay } from '../src/events/relay.ts';
import { newId } from '../src/process/ids.ts';
import { RightOfWay } from '../src/process/rightOfWay.ts';

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
/** The nests that the handler has begun, and those it has applied. */
const begun: string[] = [];
const applied: string[] = [];

beforeAll(async () => {
  store = redisUrl
    ? { redis: { url: redisUrl, cluster: false } }
    : { postgresUrl: await createQueueDatabase() };
  db = openTestDatabase((await createEmptyDatabase()).migrationUrl);
  await runSqlFiles(db, outboxSql, inboxSql, heldEventsSql);
});
beforeEach(() => {
  applied.length = 0;
  begun.length = 0;
});
afterEach(async () => {
  vi.restoreAllMocks();
  release();
  await broker.stopWorkers();
  await relay.stop();
  await broker.close();
});
afterAll(() => db.destroy());

const append = (lane: Lane, nestId: string) =>
  workOn(db).transact((work) => work.append(nestBuilt, { nestId: [nestId] }, lane));

/** Starts a relay and a consumer whose handler holds the events of one lane until `release` is called. */
async function start(held: Lane, { skew = new TestClockSkew(), log = testLog } = {}): Promise<void> {
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  broker = await openBroker(store, testLog);
  startConsumer({
    ...{ database: workOn(db), broker, skew, log },
    consumer: 'analytics',
    handlers: [
      onEvent<OutboxTables & InboxTables, typeof nestBuilt>(
        nestBuilt,
        async (_work, { nestId }, { lane }) => {
          begun.push(...nestId);
          if (lane === held) await gate;
          applied.push(...nestId);
        },
      ),
    ],
  });
  relay = await startRelay({
    ...{ database: workOn(db), broker, log: testLog },
    now: () => new Date(),
    producer: 'tracker',
    consumers: ['analytics'],
  });
}

async function send(lane: Lane): Promise<string> {
  const nestId = newId();
  await append(lane, nestId);
  relay.wake(lane);
  return nestId;
}
const patiently = { timeout: 20_000 };

test('an interactive event is applied while a bulk one is under way and more of them wait', async () => {
  await start('bulk');
  for (let n = 0; n < 40; n++) await send('bulk');
  await vi.waitFor(() => expect(begun).toHaveLength(1), patiently);
  const interactive = await send('interactive');
  await vi.waitFor(() => expect(applied).toEqual([interactive]), patiently);
  const { rows } = await sql<{
    n: number;
  }>`select count(*) as n from outbox_delivery where lane = 'bulk'`.execute(db);
  expect(rows).toEqual([{ n: 40 }]);
  release();
  await vi.waitFor(() => expect(applied).toHaveLength(41), patiently);
});

/** Makes bulk events give way for longer than a test takes, so that the order is certain. */
function giveWayForLong() {
  const give = RightOfWay.prototype.give;
  return vi.spyOn(RightOfWay.prototype, 'give').mockImplementation(function (this: RightOfWay) {
    return give.call(this, 60_000);
  });
}

test('a bulk event lets an interactive one that is under way pass first', async () => {
  const given = giveWayForLong();
  await start('interactive');
  const interactive = await send('interactive');
  await vi.waitFor(() => expect(begun).toEqual([interactive]), patiently);
  const bulk = await send('bulk');
  await vi.waitFor(() => expect(given).toHaveBeenCalledOnce(), patiently);
  expect(begun).toEqual([interactive]);
  release();
  await vi.waitFor(() => expect(applied).toEqual([interactive, bulk]), patiently);
});

test('an event that waits for its turn while the clock goes wrong is not applied until it is right, and that is no failure', async () => {
  const lines: string[] = [];
  const skew = new TestClockSkew();
  const given = giveWayForLong();
  await start('interactive', { skew, log: pino({}, { write: (line: string) => void lines.push(line) }) });
  const interactive = await send('interactive');
  await vi.waitFor(() => expect(begun).toEqual([interactive]), patiently);
  const bulk = await send('bulk');
  await vi.waitFor(() => expect(given).toHaveBeenCalledOnce(), patiently);
  skew.set('ten days ahead');
  release();
  const inHand = async () =>
    (await broker.queue(queueName('analytics', 'bulk')).getJobCounts('active')).active;
  await vi.waitFor(async () => expect(await inHand()).toBe(0), patiently);
  expect(applied).toEqual([interactive]);
  expect(lines).toEqual([]);
  skew.set('in step');
  await vi.waitFor(() => expect(applied).toEqual([interactive, bulk]), patiently);
});

import { pino } from 'pino';
import { assert, describe, inject, type TestContext, test, vi } from 'vitest';
import { createQueueDatabase } from '../../tests/support/databases.ts';
import { type Broker, openBroker } from '../src/events/broker.ts';
import { startProxy } from './proxy.ts';

const { redisUrl } = inject('stores');

let count = 0;

/** Opens a broker whose store is behind a proxy. */
async function open({ onTestFinished }: TestContext) {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const proxy = await startProxy(redisUrl ?? (await createQueueDatabase()));
  const broker = await openBroker(
    redisUrl ? { redis: { url: proxy.url, cluster: false } } : { postgresUrl: proxy.url },
    log,
  );
  onTestFinished(async () => {
    await broker.close();
    await proxy.stop();
  });
  const said = (level: number) => lines.filter((line) => line.level === level).map(({ msg }) => msg);
  return { proxy, broker, said };
}

/** Opens queues as a relay and a consumer do. Returns their names and the ids of completed jobs. */
async function openQueues(broker: Broker): Promise<{ names: string[]; completed: string[] }> {
  const completed: string[] = [];
  const names = [1, 2, 3].map(() => `broker-${process.pid}-${++count}`);
  for (const name of names) {
    await broker.onCompleted(name, (id) => completed.push(id));
    broker.worker(name, async () => 'done', { concurrency: 1 });
    await broker.queue(name).add('squawk', {}, { jobId: `a.${name}` });
  }
  await vi.waitFor(() => assert.equal(completed.length, 3), { timeout: 10_000 });
  return { names, completed };
}

describe.concurrent('the queues', { timeout: 60_000 }, () => {
  test('leave no connection when they are closed', async (context) => {
    const { expect } = context;
    const { proxy, broker } = await open(context);
    await openQueues(broker);
    expect(proxy.connections).toBeGreaterThan(0);
    await broker.close();
    await expect.poll(() => proxy.connections, { timeout: 10_000 }).toBe(0);
  });

  test('that are closed finish what is in hand, and its receipt is still heard', async (context) => {
    const { expect } = context;
    const { broker } = await open(context);
    const name = `broker-${process.pid}-${++count}`;
    const completed: string[] = [];
    await broker.onCompleted(name, (id) => completed.push(id));
    let begun = false;
    const work = async () => {
      begun = true;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return 'done';
    };
    broker.worker(name, work, { concurrency: 1 });
    await broker.queue(name).add('squawk', {}, { jobId: 'a.1' });
    await expect.poll(() => begun).toBe(true);
    await broker.close();
    expect(completed).toEqual(['a.1']);
  });

  test('say once that their store is away, and once that it is back; then everything goes on', async (context) => {
    const { expect } = context;
    const { proxy, broker, said } = await open(context);
    const unhandled = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    context.onTestFinished(() => unhandled.mockRestore());
    const { names, completed } = await openQueues(broker);
    await proxy.cut();
    await expect.poll(() => said(40)).not.toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(said(30)).toEqual([]);
    await proxy.mend();
    await expect.poll(() => said(30), { timeout: 20_000 }).not.toEqual([]);

    completed.length = 0;
    for (const name of names) await broker.queue(name).add('squawk', {}, { jobId: `b.${name}` });
    // One completion is enough: with queues in PostgreSQL, one may be missed.
    await expect.poll(() => completed.length, { timeout: 20_000 }).toBeGreaterThan(0);
    const setting = redisUrl ? 'REDIS_URL' : 'QUEUE_DATABASE_URL';
    const away = `^the queue \\(${setting}\\) does not work \\(.+\\); it is tried again, and nothing is lost`;
    expect(said(40)).toEqual([expect.stringMatching(new RegExp(away))]);
    expect(said(30)).toEqual([`the queue (${setting}) works again`]);
    expect(unhandled.mock.calls).toEqual([]);
  });

  test.skipIf(!redisUrl)(
    'refuse what is to be sent to a Redis that went mute, within 15 s',
    async (context) => {
      const { expect } = context;
      const { proxy, broker } = await open(context);
      const { names } = await openQueues(broker);
      proxy.mute();
      const began = Date.now();
      await expect(broker.queue(names[0]!).add('squawk', {})).rejects.toThrow(/timed out/);
      expect(Date.now() - began).toBeLessThan(30_000);
      // The queues can be closed in order once the store answers again.
      proxy.speak();
      await proxy.cut();
      await proxy.mend();
    },
  );
});

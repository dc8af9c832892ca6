import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer } from '@ates/system/stores/privateRedis';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startExchange } from './support/exchange.ts';

const server = await findRedisServer(process.env);

/** The queues in a Redis Cluster: all their keys have to be in one slot, on whichever node it is. */
describe.skipIf(!server)('a Redis Cluster of two nodes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'exchange-cluster-'));
  const nodes: { process: ChildProcess; redis: Redis; port: number }[] = [];
  let url: string;

  beforeAll(async () => {
    for (let n = 0; n < 2; n++) nodes.push(await startNode(join(directory, String(n))));
    const [first, second] = nodes as [(typeof nodes)[number], (typeof nodes)[number]];
    await first.redis.call('CLUSTER', 'ADDSLOTS', ...slots(0, 8_191));
    await second.redis.call('CLUSTER', 'ADDSLOTS', ...slots(8_192, 16_383));
    await first.redis.call('CLUSTER', 'MEET', '127.0.0.1', String(second.port));
    for (const { redis } of nodes) {
      await vi.waitFor(
        async () =>
          expect(await redis.call('CLUSTER', 'INFO')).toMatch(/cluster_state:ok[\s\S]*cluster_known_nodes:2/),
        { timeout: 20_000 },
      );
    }
    url = `redis://:sesame@127.0.0.1:${first.port}`;
  });

  afterAll(async () => {
    for (const { process, redis } of nodes) {
      redis.disconnect();
      const ended = new Promise((resolve) => process.once('exit', resolve));
      process.kill('SIGKILL');
      await ended;
    }
    rmSync(directory, { recursive: true, force: true });
  });

  /** Starts a node without slots on a free port. The cluster's own bus takes the port 10,000 above it. */
  async function startNode(folder: string): Promise<(typeof nodes)[number]> {
    for (let attempt = 1; ; attempt++) {
      const port = 20_000 + Math.floor(Math.random() * 20_000);
      const node = spawn(
        server?.path as string,
        [
          ...['--port', String(port), '--bind', '127.0.0.1', '--requirepass', 'sesame', '--save', ''],
          ...['--cluster-enabled', 'yes', '--cluster-config-file', `${folder.replace(/\W/g, '-')}.conf`],
        ],
        { cwd: directory, stdio: 'ignore' },
      );
      const redis = new Redis(port, '127.0.0.1', { password: 'sesame', maxRetriesPerRequest: null });
      redis.on('error', () => undefined);
      const ended = new Promise<'ended'>((resolve) => node.once('exit', () => resolve('ended')));
      if ((await Promise.race([redis.ping(), ended])) === 'PONG') return { process: node, redis, port };
      redis.disconnect();
      if (attempt === 3) throw new Error('no cluster node would start');
    }
  }

  test('a task is charged and counted, a reassignment runs, a paid day is marked, and a wipe loses nothing', async () => {
    const exchange = await startExchange({ redisClusterUrl: url, startsAt: '2026-03-10T12:00:00Z' });
    const cluster = new Cluster([{ host: '127.0.0.1', port: nodes[1]?.port as number }], {
      redisOptions: { password: 'sesame' },
    });
    try {
      const create = 'mutation { createTask(input: { title: "Polish the perch" }) { id } }';
      for (let n = 0; n < 3; n++) await exchange.data('kiwi', create);
      await exchange.settle();
      for (const { redis } of nodes) await redis.flushall();
      for (let n = 0; n < 3; n++) await exchange.data('kiwi', create);
      await exchange.data('max', 'mutation { reassignTasks { id } }');
      await exchange.settle();
      const day = '2026-03-10';
      const { ledgerAudit } = await exchange.data('ada', '{ ledgerAudit { ok entriesChecked } }');
      expect(ledgerAudit).toEqual({ ok: true, entriesChecked: 12 });
      await exchange.data('ada', 'mutation ($day: Date!) { closeDay(day: $day) { id } }', { day });
      await exchange.settle();
      await expect.poll(() => cluster.get(`payout:done:${day}`)).toBe('1');
    } finally {
      cluster.disconnect();
      await exchange.stop();
    }
  });
});

const slots = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => String(from + n));

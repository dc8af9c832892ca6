import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SettingError } from '@ates/kit/process/settings';
import { describe, expect, it } from 'vitest';
import { environmentOf, partNames } from '../src/parts.ts';
import { readSystemSettings } from '../src/settings.ts';
import { startSystem } from '../src/startSystem.ts';
import { startEmbeddedPostgres } from '../src/stores/embeddedPostgres.ts';
import { databaseServices, provision } from '../src/stores/provision.ts';
import type { Stores } from '../src/stores.ts';
import { ask, eventually, runStart } from './runStart.ts';
import { log, msUntilGone, refusal, runs, scratch, stopsAfterwards } from './stores/scratch.ts';

const adaIn = async (url: string): Promise<string> => {
  const { login } = await ask(
    url,
    'mutation { login(login: "ada", beakShape: "wide, hooked, scarlet tip") { accessToken } }',
  );
  return (login as { accessToken: string }).accessToken;
};

const allGone = async (pids: readonly number[], limitMs: number) =>
  Math.max(...(await Promise.all(pids.map((pid) => msUntilGone(pid, limitMs)))));

describe('npm start refuses with one sentence and exit code 1', () => {
  it('a setting that is wrong', async () => {
    const { code, errors } = await runStart({ DATA_DIR: scratch(), COMPANY_TIME_ZONE: 'Mars' }).refused();
    expect(errors).toEqual([
      'COMPANY_TIME_ZONE must be an IANA time zone such as Europe/Berlin; it is "Mars".',
    ]);
    expect(code).toBe(1);
  });

  it('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, errors } = await runStart({ DATA_DIR: scratch(), PORT: String(port) }).refused();
    other.close();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(new RegExp(`^Port ${port} .* is taken by another process: .* PORT\\.$`));
    expect(code).toBe(1);
  });

  it('a data directory that cannot be written', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    const { code, errors } = await runStart({ DATA_DIR: join(file, 'data'), PORT: '0' }).refused();
    expect(errors).toEqual([
      `DATA_DIR must be a directory that can be written; ${file}/data cannot be created or written (a file is in the way).`,
    ]);
    expect(code).toBe(1);
  });

  it('a setting that only the gateway knows, with nothing left running', async () => {
    const start = runStart({ DATA_DIR: scratch(), PORT: '0', MAX_DEPTH: 'deep' });
    const refused = start.refused();
    await start.begun();
    const pids = start.pids();
    expect(pids.length).toBeGreaterThan(7);
    const { code, errors } = await refused;
    expect(await allGone(pids, 1_000)).toBeLessThan(1_000);
    expect(errors).toEqual(['MAX_DEPTH must be a whole number from 1 to 1000; it is "deep".']);
    expect(code).toBe(1);
  }, 60_000);
});

describe('settings', () => {
  const four = (kind: string) =>
    Object.fromEntries(
      ['AUTH', 'TRACKER', 'ACCOUNTING', 'ANALYTICS'].map((name) => [
        `${name}_${kind}`,
        `postgres://h/${name}`,
      ]),
    );
  const refused = (environment: Record<string, string | undefined>) => {
    try {
      readSystemSettings(environment);
    } catch (error) {
      expect(error).toBeInstanceOf(SettingError);
      return (error as Error).message;
    }
    return 'no refusal';
  };

  it('take the databases of all services or of none', () => {
    expect(readSystemSettings(four('DATABASE_URL')).serviceDatabases?.tracker).toEqual({
      url: 'postgres://h/TRACKER',
      migrationUrl: 'postgres://h/TRACKER',
    });
    expect(readSystemSettings({}).serviceDatabases).toBeUndefined();
    expect(refused({ ...four('DATABASE_URL'), TRACKER_DATABASE_URL: undefined })).toMatch(
      /^TRACKER_DATABASE_URL is not set: /,
    );
    expect(refused(four('MIGRATION_URL'))).toMatch(/^AUTH_DATABASE_URL is not set: /);
    expect(refused({ ...four('DATABASE_URL'), DATABASE_URL: 'postgres://h/x' })).toMatch(
      /^DATABASE_URL is set/,
    );
  });

  it('find DATA_DIR from where npm was called', () => {
    expect(readSystemSettings({ INIT_CWD: '/somewhere' }).DATA_DIR).toBe('/somewhere/.data');
    expect(readSystemSettings({ INIT_CWD: '/somewhere', DATA_DIR: '/else' }).DATA_DIR).toBe('/else');
  });
});

describe('npm start', () => {
  it('leaves nothing running after kill -9, goes on at the second start, and stops in time on SIGTERM', async () => {
    const data = scratch();
    const first = await runStart({ DATA_DIR: data, PORT: '0' }).started();
    expect(first.output()).toMatch(/ada +ADMIN +wide, hooked, scarlet tip/);
    const token = await adaIn(first.url);
    const { createTask } = await eventually(10_000, () =>
      ask(
        first.url,
        'mutation { createTask(input: { title: "Clean the cage" }) { id assignee { id } } }',
        {},
        token,
      ),
    );
    const task = createTask as { id: string; assignee: { id: string } };
    process.kill(first.pids[0]!, 'SIGKILL');
    expect(await allGone(first.pids, 10_000)).toBeLessThan(5_000);
    expect(await allGone(first.watchdogs, 10_000)).toBeLessThan(10_000);

    const second = await runStart({ DATA_DIR: data, PORT: '0' }).started();
    // The log-ins are known from the first start. The second one seeds nothing.
    expect(second.output()).toMatch(/ada +ADMIN +wide, hooked, scarlet tip/);
    const again = await adaIn(second.url);
    const found = await ask(second.url, 'query ($id: ID!) { task(id: $id) { title } }', task, again);
    expect(found).toEqual({ task: { title: 'Clean the cage' } });
    // The fee was charged before the kill, or is charged now. This takes 30 s where the kill came after the event was
    // taken from the outbox and before it was in the queue.
    await eventually(40_000, async () => {
      const { account } = await ask(
        second.url,
        'query ($id: ID!) { account(id: $id) { balance } }',
        task.assignee,
        again,
      );
      expect(Number((account as { balance: string }).balance)).toBeLessThan(0);
    });

    const began = performance.now();
    second.npm.kill('SIGTERM');
    expect(await allGone([second.npm.pid!, ...second.pids], 10_000)).toBeLessThan(5_000);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(second.output()).toMatch(/everything is stopped/);
  }, 120_000);

  it('stops in the middle of a start, too', async () => {
    const data = scratch();
    const { npm, refused, begun } = runStart({ DATA_DIR: data, PORT: '0' });
    const ended = refused();
    await begun();
    npm.kill('SIGTERM');
    const began = performance.now();
    await ended;
    expect(performance.now() - began).toBeLessThan(5_000);
    // Another system can use the directory.
    const system = await startSystem({ dataDir: data, port: 0, parts: ['auth'], durable: false });
    await system.stop();
  }, 60_000);
});

describe('Ctrl-C', () => {
  it('stops in order, although npm passes on what the terminal has sent to both', async () => {
    const start = runStart({ DATA_DIR: scratch(), PORT: '0' });
    const { pids, output } = await start.started();
    const ended = start.refused();
    // A terminal sends the signal to its foreground group: npm and the supervisor, but no process of the supervisor.
    process.kill(-start.npm.pid!, 'SIGINT');
    expect(await allGone(pids, 10_000)).toBeLessThan(5_000);
    await ended;
    expect(output()).toMatch(/stopping \(SIGINT\)\n(.*\n)*.*everything is stopped/);
  }, 60_000);
});

describe('a system in this process', () => {
  it('starts a process again that was killed, at the same address, and stops in time', async () => {
    const system = await startSystem({ dataDir: scratch(), port: 0, durable: false });
    const before = system.pids;
    for (const name of ['gateway', 'workers'] as const) system.kill(name, 'SIGKILL');
    await eventually(20_000, async () => {
      const { pids } = system;
      for (const name of ['gateway', 'workers'] as const) {
        expect(pids[name]).toBeDefined();
        expect(pids[name]).not.toBe(before[name]);
      }
      await adaIn(system.url);
    });
    const pids = Object.values(system.pids);
    // A process that does not react does not delay the stop.
    system.kill('tracker', 'SIGSTOP');
    const began = performance.now();
    await system.stop();
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(pids.filter(runs)).toEqual([]);
    expect(await system.ended).toBeUndefined();
  }, 60_000);

  it('keeps queues in PostgreSQL where no Redis is in PATH', async () => {
    const PATH = scratch();
    const system = await startSystem({ dataDir: scratch(), port: 0, durable: false, environment: { PATH } });
    try {
      expect(system.queueBackend).toBe('postgresql');
      expect(Object.keys(system.pids)).not.toContain('redis');
      await eventually(10_000, async () =>
        ask(
          system.url,
          'mutation { createTask(input: { title: "Clean the cage" }) { id } }',
          {},
          await adaIn(system.url),
        ),
      );
    } finally {
      await system.stop();
    }
  }, 60_000);

  it('ends with a sentence when its PostgreSQL does', async () => {
    const system = await startSystem({ dataDir: scratch(), port: 0, parts: ['auth'], durable: false });
    const pids = Object.values(system.pids);
    system.kill('postgresql', 'SIGKILL');
    expect(await system.ended).toMatch(/^The embedded postgresql ended by itself \(SIGKILL\)/);
    expect(pids.filter(runs)).toEqual([]);
  }, 60_000);
});

describe('a system on databases of others', () => {
  it('asks for a store of its queues, begins with one admin, and needs no right to make databases', async () => {
    const server = stopsAfterwards(
      await startEmbeddedPostgres({ directory: scratch(), durable: false, log }),
    );
    const { queues, ...databases } = await provision({
      databaseUrl: server.url,
      databaseSecret: 'a secret of the company',
      queues: true,
      log,
    });
    const urls = Object.fromEntries(
      databaseServices.flatMap((service) => [
        [`${service.toUpperCase()}_DATABASE_URL`, databases[service].url],
        [`${service.toUpperCase()}_MIGRATION_URL`, databases[service].migrationUrl],
      ]),
    );
    const start = (environment: Record<string, string>) =>
      startSystem({ dataDir: scratch(), port: 0, environment: { ...urls, PATH: scratch(), ...environment } });
    expect(await refusal(start({}))).toMatch(/^SettingError: REDIS_URL is not set, .* QUEUE_DATABASE_URL /);

    const system = await start({ QUEUE_DATABASE_URL: queues!.url });
    expect(Object.keys(system.pids).sort()).toEqual([...partNames].sort());
    expect(system.logIns).toEqual([{ login: 'admin', role: 'ADMIN', beakShape: expect.any(String) }]);
    await system.stop();
  }, 60_000);
});

describe('the environment of a part', () => {
  const settings = readSystemSettings({ PRICE_KEY: 'a key of the company', SMTP_URL: 'smtp://mail' });
  const database = (name: string) => ({
    url: `postgres://${name}_app@h/${name}`,
    migrationUrl: 'postgres://owner@h',
  });
  const stores: Stores = {
    databases: {
      auth: database('auth'),
      tracker: database('tracker'),
      accounting: database('accounting'),
      analytics: database('analytics'),
    },
    queue: { backend: 'redis', url: 'redis://h' },
    own: [],
    superuserUrl: undefined,
    stop: async () => {},
  };
  const context = {
    settings,
    stores,
    environment: { DATABASE_URL: 'postgres://root@h', MAX_DEPTH: '9' },
    internalSecret: 'a secret of the company',
    seed: 'none',
    urls: new Map([['auth', 'http://h:1']] as const),
    appDir: undefined,
  } as const;

  it('holds its own database only, and never that of a role that owns or makes one', () => {
    for (const part of databaseServices) {
      const urls = Object.entries(environmentOf(part, context)).filter(([, value]) =>
        value.startsWith('postgres'),
      );
      expect(urls).toEqual([[`${part.toUpperCase()}_DATABASE_URL`, `postgres://${part}_app@h/${part}`]]);
    }
    expect(JSON.stringify(environmentOf('gateway', context))).not.toMatch(/postgres|redis|PRICE_KEY/);
    expect(JSON.stringify(environmentOf('workers', context))).not.toMatch(/owner|root|INTERNAL_SECRET/);
  });

  it('passes on what the gateway alone can be told', () => {
    expect(environmentOf('gateway', context).MAX_DEPTH).toBe('9');
    expect(environmentOf('tracker', context).MAX_DEPTH).toBeUndefined();
  });
});

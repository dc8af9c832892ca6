import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { findRedisServer, startPrivateRedis } from '../../src/stores/privateRedis.ts';
import { holdStore, log, msUntilGone, nobody, refusal, runs, scratch, stopsAfterwards } from './scratch.ts';

const installed = await findRedisServer(process.env);

const start = async (directory: string, durable = true) =>
  stopsAfterwards(await startPrivateRedis({ directory, durable, log }));

async function ask<Answer>(url: string, question: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const redis = new Redis(url, { retryStrategy: () => null, lazyConnect: true, enableReadyCheck: false });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

/** Writes a program of this name that prints `says` as its version. */
function pretend(directory: string, name: string, says: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('finding a Redis', () => {
  it('looks in the PATH it is given and nowhere else', async () => {
    const empty = scratch();
    expect(await findRedisServer({ PATH: empty })).toBeUndefined();
    expect(await findRedisServer({})).toBeUndefined();
    const path = pretend(empty, 'redis-server', 'Redis server v=6.2.0 sha=00000000:0 malloc=libc bits=64');
    expect(await findRedisServer({ PATH: `/nowhere${delimiter}${empty}` })).toEqual({
      path,
      version: '6.2.0',
    });
  });

  it('prefers Valkey, and passes over what is too old, no program, or something else', async () => {
    const [first, second] = [scratch(), scratch()];
    const PATH = `${first}${delimiter}${second}`;
    pretend(first, 'redis-server', 'Redis server v=6.0.16 sha=00000000:0 malloc=libc bits=64');
    mkdirSync(join(first, 'valkey-server'));
    expect(await findRedisServer({ PATH })).toBeUndefined();
    pretend(second, 'redis-server', 'Redis server v=7.2.4 sha=00000000:0 malloc=libc bits=64');
    expect((await findRedisServer({ PATH }))?.version).toBe('7.2.4');
    pretend(second, 'valkey-server', 'Valkey server v=8.1.0 sha=00000000:0 malloc=libc bits=64');
    expect((await findRedisServer({ PATH }))?.version).toBe('8.1.0');
  });

  it('takes REDIS_SERVER where it is set, and refuses one that is no Redis', async () => {
    const directory = scratch();
    const path = pretend(directory, 'my-redis', 'Redis server v=7.4.1 sha=00000000:0 malloc=libc bits=64');
    expect(await findRedisServer({ REDIS_SERVER: path })).toEqual({ path, version: '7.4.1' });
    const other = pretend(directory, 'other', 'hello');
    expect(await refusal(findRedisServer({ REDIS_SERVER: other, PATH: process.env.PATH }))).toBe(
      `SettingError: REDIS_SERVER must be the path of a redis-server 6.2 or newer, or of a valkey-server; it is "${other}".`,
    );
  });
});

describe.runIf(installed)('the private Redis', { timeout: 30_000 }, () => {
  it('keeps what it was told over a stop, never evicts, and answers nobody without the password', async () => {
    const directory = join(scratch(), 'data/redis');
    const first = await start(directory);
    expect(await ask(first.url, (redis) => redis.set('kept', '7'))).toBe('OK');
    expect(await ask(first.url, (redis) => redis.config('GET', 'maxmemory-policy'))).toContain('noeviction');
    expect(await refusal(ask(`redis://127.0.0.1:${first.port}`, (redis) => redis.get('kept')))).toMatch(
      /NOAUTH/,
    );
    const password = new URL(first.url).password;
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${first.pid}/cmdline`, 'utf8')).not.toContain(password);
    }
    await first.stop();
    expect(runs(first.pid)).toBe(false);
    const second = await start(directory);
    expect(await ask(second.url, (redis) => redis.get('kept'))).toBe('7');
    expect(second.url).not.toContain(password);
  });

  it('leaves nothing on the disk where it is not to be durable', async () => {
    const directory = scratch();
    const redis = await start(directory, false);
    await ask(redis.url, (client) => client.set('gone', '7'));
    await redis.stop();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('ends within a second when its parent is killed, and has lost nothing', async () => {
    const directory = scratch();
    const { child, held } = await holdStore('redis', directory);
    await ask(held.url, (redis) => redis.set('kept', '7'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await msUntilGone(held.pid, 5_000)).toBeLessThan(1_000);
    const next = await start(directory);
    expect(await ask(next.url, (redis) => redis.get('kept'))).toBe('7');
  });

  it('refuses a directory that a living system uses, and leaves that system alone', async () => {
    const directory = scratch();
    const { held } = await holdStore('redis', directory);
    expect(await refusal(start(directory))).toMatch(
      /^SettingError: DATA_DIR is in use: process \d+ works in /,
    );
    expect(await ask(held.url, (redis) => redis.ping())).toBe('PONG');
  });

  it('says what is wrong where it can’t start', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    expect(await refusal(start(join(file, 'redis')))).toMatch(
      /^SettingError: DATA_DIR must be .*a file is in/,
    );
    const directory = scratch();
    symlinkSync('/nowhere', join(directory, 'appendonlydir'));
    expect(await refusal(start(directory))).toMatch(
      /^SettingError: REDIS_URL is not set, and the private Redis in .* did not start \(exit code 1\): .+/,
    );
    expect(readdirSync(directory)).toEqual(['appendonlydir']);
  });

  it.runIf(nobody)('runs for an account without rights', async () => {
    const home = scratch();
    chownSync(home, nobody!.uid, nobody!.gid);
    const { held } = await holdStore('redis', join(home, 'redis'), nobody);
    expect(await ask(held.url, (redis) => redis.ping())).toBe('PONG');
  });
});

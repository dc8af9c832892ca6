import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { serverAccount } from '../../src/stores/account.ts';
import { startEmbeddedPostgres } from '../../src/stores/embeddedPostgres.ts';
import { holdStore, log, msUntilGone, nobody, refusal, runs, scratch, stopsAfterwards } from './scratch.ts';

const start = async (directory: string, options: { durable?: boolean; statementStatistics?: boolean } = {}) =>
  stopsAfterwards(await startEmbeddedPostgres({ directory, durable: false, log, ...options }));

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const isRoot = process.getuid?.() === 0;
/** Some tests find processes in `/proc`. */
const onLinux = process.platform === 'linux';

describe('the embedded PostgreSQL', { timeout: 120_000 }, () => {
  it('starts on a fresh directory, keeps its data over a stop, and lets nobody in without the password', async () => {
    const directory = join(scratch(), 'data/postgres');
    const cold = await start(directory, { durable: true });
    await query(cold.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    const settings = await query(
      cold.url,
      `SELECT current_setting('fsync') AS fsync, current_setting('timezone') AS zone,
              current_setting('max_connections') AS connections,
              (SELECT datlocale FROM pg_database WHERE datname = 'postgres') AS locale`,
    );
    expect(settings).toEqual([{ fsync: 'on', zone: 'UTC', connections: '300', locale: 'C.UTF-8' }]);
    expect(await refusal(query(cold.url.replace(/:\w+@/, ':wrong@'), 'SELECT 1'))).toMatch(/authentication/);
    await cold.stop();
    expect(runs(cold.pid)).toBe(false);
    expect(await cold.exited).toBe('exit code 0');

    const warm = await start(directory, { durable: true, statementStatistics: true });
    expect(await query(warm.url, 'SELECT seven FROM kept')).toEqual([{ seven: 7 }]);
    expect(await query(warm.url, 'SELECT count(*) > 0 AS counted FROM pg_stat_statements')).toEqual([
      { counted: true },
    ]);
    await warm.stop();
    expect(readdirSync(directory).sort()).toEqual(['data', 'superuser-password']);
    expect(statSync(join(directory, 'superuser-password')).mode & 0o777).toBe(0o600);
  });

  it('ends within a second when its parent is killed, and starts again at once', async () => {
    const directory = scratch();
    const { child, held } = await holdStore('postgres', directory);
    await query(held.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await msUntilGone(held.pid, 5_000)).toBeLessThan(5_000);
    const next = await start(directory);
    expect(await query(next.url, 'SELECT seven FROM kept')).toEqual([{ seven: 7 }]);
  });

  it.runIf(onLinux)(
    'ends what a killed parent left running where the watchdog was killed as well',
    async () => {
      const directory = scratch();
      const { child, held } = await holdStore('postgres', directory);
      // The watchdog is killed, too, as when the system runs out of memory.
      const dog = watchdogOf(held.pid);
      // The parent is stopped first, so that it cannot start another watchdog.
      child.kill('SIGSTOP');
      process.kill(dog, 'SIGKILL');
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(runs(held.pid)).toBe(true);
      const next = await start(directory);
      expect(runs(held.pid)).toBe(false);
      expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
  );

  it.runIf(onLinux)('releases another watchdog where somebody kills the first', async () => {
    const { child, held } = await holdStore('postgres', scratch());
    const dog = watchdogOf(held.pid);
    process.kill(dog, 'SIGKILL');
    await expect
      .poll(() => [0, dog].includes(watchdogOf(held.pid)), { timeout: 10_000, interval: 20 })
      .toBe(false);
    child.kill('SIGKILL');
    expect(await msUntilGone(held.pid, 5_000)).toBeLessThan(5_000);
  });

  it('refuses a directory that a living system uses, and leaves that system alone', async () => {
    const directory = scratch();
    const { held } = await holdStore('postgres', directory);
    const message = await refusal(start(directory));
    expect(message).toMatch(/^SettingError: DATA_DIR is in use: process \d+ works in /);
    expect(await query(held.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const again = await holdStore('postgres', directory);
    expect(again.held.error).toBe(message.replace('SettingError: ', ''));
  });

  it('lets one of three starts at the same moment have the directory', async () => {
    const directory = scratch();
    const starts = await Promise.all([1, 2, 3].map(() => holdStore('postgres', directory)));
    const errors = starts.map(({ held }) => held.error).filter((error) => error !== undefined);
    const refused = expect.stringMatching(/^DATA_DIR is in use: process/);
    expect(errors).toEqual([refused, refused]);
  });

  it('is not kept from starting by ids of dead processes that are others’ by now', async () => {
    const directory = scratch();
    const first = await start(directory);
    const account = serverAccount(join(directory, 'data'));
    const file = join(directory, 'data/postmaster.pid');
    const lines = readFileSync(file, 'utf8').split('\n');
    await first.stop();
    const stranger = spawn('sleep', ['60'], { ...account, stdio: 'ignore' });
    stopsAfterwards({ stop: async () => stranger.kill('SIGKILL') });
    writeFileSync(file, [stranger.pid, ...lines.slice(1)].join('\n'));
    if (account) chownSync(file, account.uid, account.gid);
    writeFileSync(join(directory, `server-${stranger.pid}-long_ago`), '');
    writeFileSync(join(directory, `owner-${stranger.pid}-long_ago`), 'holds');
    const next = await start(directory);
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
  });

  it('names DATA_DIR and the path where the directory cannot be made', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    expect(await refusal(start(join(file, 'postgres')))).toBe(
      `SettingError: DATA_DIR must be a directory that can be written; ${file}/postgres cannot be created or written (a file is in the way).`,
    );
  });

  it('says so where the data are of another PostgreSQL, or none', async () => {
    const directory = scratch();
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'superuser-password'), 'x');
    expect(await refusal(start(directory))).toMatch(/^SettingError: DATA_DIR must hold data of this system/);
    writeFileSync(join(directory, 'data/PG_VERSION'), '17\n');
    expect(await refusal(start(directory))).toMatch(
      /^SettingError: DATA_DIR holds data of PostgreSQL 17 in .*brings PostgreSQL 18/,
    );
    expect(readdirSync(directory).filter((name) => name.startsWith('owner-'))).toEqual([]);
  });

  it('says why where the server does not come up', async () => {
    const directory = scratch();
    await (await start(directory)).stop();
    writeFileSync(join(directory, 'data/postgresql.auto.conf'), 'no_such_setting = 1\n');
    expect(await refusal(start(directory))).toMatch(
      /^SettingError: DATABASE_URL is not set, and the embedded PostgreSQL in .* did not start \(exit code 1\): .*no_such_setting/,
    );
  });

  it.runIf(nobody)('runs for an account without rights, which alone can read the data', async () => {
    const home = scratch();
    chownSync(home, nobody!.uid, nobody!.gid);
    const directory = join(home, '.data/postgres');
    const { child, held } = await holdStore('postgres', directory, nobody);
    expect(await query(held.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(statSync(join(directory, 'data')).uid).toBe(nobody!.uid);
    child.kill('SIGKILL');
    expect(await msUntilGone(held.pid, 5_000)).toBeLessThan(5_000);
    // Root uses the directory once, and then its owner can use it again.
    await (await start(directory)).stop();
    const back = await holdStore('postgres', directory, nobody);
    expect(await query(back.held.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it.runIf(nobody)('says so where an account without rights may not write the directory', async () => {
    const home = scratch();
    const { held } = await holdStore('postgres', join(home, 'postgres'), nobody);
    expect(held.error).toBe(
      `DATA_DIR must be a directory that can be written; ${home}/postgres cannot be created or written (permission denied).`,
    );
  });

  it.runIf(isRoot)('runs as root below a home that nobody else may enter, and leaves it closed', async () => {
    const home = scratch(true);
    const server = await start(join(home, 'project/.data/postgres'));
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
    const again = await start(join(home, 'project/.data/postgres'));
    expect(await query(again.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(existsSync(join(home, 'project/.data/postgres/data/PG_VERSION'))).toBe(true);
  });
});

/** Returns the id of a server's watchdog, or 0. Its command line has the server's id. */
function watchdogOf(pid: number): number {
  for (const entry of readdirSync('/proc')) {
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      if (words[3]?.endsWith('-watchdog') && words[4] === String(pid)) return Number(entry);
    } catch {
      // This entry is no process, or the process has ended.
    }
  }
  return 0;
}

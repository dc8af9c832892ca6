import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Log } from '@ates/kit/process/log';
import { type Environment, SettingError } from '@ates/kit/process/settings';
import { claimDirectory, makeDirectory } from './directoryClaim.ts';
import { freePort, isPortFree } from './freePort.ts';
import { type GuardedProcess, type StopSignals, spawnGuarded, stopLeftover } from './watchdog.ts';

/** A Redis or Valkey that is installed on this machine. */
export interface RedisServer {
  readonly path: string;
  /** Such as `7.0.15`. */
  readonly version: string;
}

export interface PrivateRedisOptions {
  /** A directory for this server alone, such as `<DATA_DIR>/redis`; made where it does not exist. */
  readonly directory: string;
  /** True by default: jobs survive a restart, and a crash loses only those of the last second. */
  readonly durable?: boolean;
  /** The server to run; by default the one that `findRedisServer` finds for this process. */
  readonly server?: RedisServer;
  readonly log: Log;
}

/** A Redis server that belongs to this process and ends with it. */
export interface PrivateRedis {
  /** Includes the password, which is another one at each start. */
  readonly url: string;
  /** A port of 127.0.0.1, another one at each start. */
  readonly port: number;
  readonly pid: number;
  /** Resolves once the server has been stopped or has ended by itself, with how it ended: `exit code 1`. */
  readonly exited: Promise<string>;
  /** Stops the server cleanly. Forces its end where that takes over 10 s. */
  stop(): Promise<void>;
}

const signals: StopSignals = { orderly: 'SIGTERM', atOnce: 'SIGKILL' };
/** How long a start may take, in milliseconds; a long log of changes is read first. */
const startTimeoutMs = 60_000;

/**
 * Finds a Redis ≥ 6.2 or a Valkey: the path in `REDIS_SERVER` where that is set, else `valkey-server` or
 * `redis-server` in the `PATH` of the given environment.
 * @returns undefined where there is none.
 * @throws SettingError where `REDIS_SERVER` is not the path of such a server.
 */
export async function findRedisServer(environment: Environment): Promise<RedisServer | undefined> {
  const chosen = environment.REDIS_SERVER?.trim();
  if (chosen) {
    const version = await versionOf(chosen);
    if (version !== undefined) return { path: chosen, version };
    throw new SettingError(
      `REDIS_SERVER must be the path of a redis-server 6.2 or newer, or of a valkey-server; it is "${chosen}".`,
    );
  }
  const folders = (environment.PATH ?? '').split(delimiter).filter(isAbsolute);
  for (const name of ['valkey-server', 'redis-server']) {
    for (const folder of folders) {
      const path = join(folder, name);
      const version = await versionOf(path);
      if (version !== undefined) return { path, version };
    }
  }
  return undefined;
}

/** Returns the version where the file is a server that is new enough, else undefined. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    accessSync(path, constants.X_OK);
    if (!statSync(path).isFile()) return undefined;
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 5_000 });
    const [, version, major, minor] = /\b(?:Redis|Valkey)\b.* v=((\d+)\.(\d+)\.\d+)/i.exec(stdout) ?? [];
    return Number(major) * 100 + Number(minor) >= 602 ? version : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Starts a Redis in a directory, for this system alone.
 * @throws SettingError where none is installed, the directory can't be written or is in use, and where the server
 * doesn't start.
 */
export async function startPrivateRedis(options: PrivateRedisOptions): Promise<PrivateRedis> {
  const { log, durable = true } = options;
  const program = options.server ?? (await findRedisServer(process.env));
  if (program === undefined) {
    throw new SettingError(
      'REDIS_URL is not set, and neither valkey-server nor redis-server 6.2 or newer is in PATH: set REDIS_URL or REDIS_SERVER, or install one.',
    );
  }
  makeDirectory(options.directory);
  const directory = realpathSync(options.directory);
  const claim = await claimDirectory(directory);
  try {
    await stopLeftover(directory, signals, log);
    const password = randomBytes(24).toString('hex');
    const { server, port } = await start(program, directory, durable, password, log);
    void server.exited.then(claim.release);
    let stopping = false;
    void server.exited.then(async (how) => {
      if (!stopping) log.error(`Redis ended by itself (${how}): ${lastLine(await server.output())}`);
    });
    return {
      url: `redis://default:${password}@127.0.0.1:${port}`,
      port,
      pid: server.pid,
      exited: server.exited,
      async stop() {
        stopping = true;
        await server.stop();
      },
    };
  } catch (error) {
    claim.release();
    throw error;
  }
}

async function start(
  program: RedisServer,
  directory: string,
  durable: boolean,
  password: string,
  log: Log,
): Promise<{ server: GuardedProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = await spawnGuarded({
      name: 'redis',
      command: program.path,
      // Settings are passed by standard input: every user of the machine can read a command line.
      args: ['-'],
      input: settings(port, durable, password),
      cwd: directory,
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      signals,
      noteIn: directory,
      log,
    });
    try {
      await ready(server, port, password, directory);
      server.unref();
      return { server, port };
    } catch (error) {
      await server.stop();
      // Another process may have taken the port meanwhile.
      if (attempt === 3 || (await isPortFree(port))) throw error;
    }
  }
}

const settings = (port: number, durable: boolean, password: string) => `bind 127.0.0.1
port ${port}
requirepass ${password}
daemonize no
# Queues must not lose jobs to make room for others.
maxmemory-policy noeviction
# Every change is in a log on the disk within a second; snapshots as well would only cost time.
appendonly ${durable ? 'yes' : 'no'}
appendfsync everysec
save ""
`;

/** Resolves once the server accepts our password and answers: until then it may still be reading its log. */
async function ready(
  server: GuardedProcess,
  port: number,
  password: string,
  directory: string,
): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (!(await answers(port, password))) {
    const ended = server.ended() ?? (Date.now() > deadline ? `not within ${startTimeoutMs} ms` : undefined);
    if (ended !== undefined) {
      const why = lastLine(await server.output());
      throw new SettingError(
        `REDIS_URL is not set, and the private Redis in ${directory} did not start (${ended}): ${why}`,
      );
    }
    await sleep(10);
  }
}

function answers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('data', (data) => {
      answer += data;
      if (answer.split('\r\n').length > 2) socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(answer === '+OK\r\n+PONG\r\n'));
  });
}

const lastLine = (output: string) => output.split('\n').at(-1) || 'it gave no reason.';

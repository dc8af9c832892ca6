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

const migrate = async (environment: Record<string, string>) => {
  const options = { cwd: root, env: { PATH: process.env.PATH, DATA_DIR: scratch(), ...environment } };
  const command = ['--import', 'tsx', '--conditions=source', 'system/src/migrate.ts'];
  return promisify(execFile)(process.execPath, command, options).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
};

it('makes and migrates the databases of a cluster, twice over, and leaves work to the lesser role', async () => {
  expect(await migrate({})).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^DATABASE_URL is not set, .*\n$/),
  });

  const server = stopsAfterwards(await startEmbeddedPostgres({ directory: scratch(), durable: false, log }));
  const internalSecret = 'a secret of the company';
  const environment = { DATABASE_URL: server.url, INTERNAL_SECRET: internalSecret };
  expect(await migrate(environment)).toEqual({ code: 0, stderr: '' });
  expect(await migrate(environment)).toEqual({ code: 0, stderr: '' });

  const { tracker } = await provision({ databaseUrl: server.url, internalSecret, log });
  const client = new pg.Client({ connectionString: tracker.url });
  await client.connect();
  expect((await client.query('select count(*)::int as tasks from task')).rows).toEqual([{ tasks: 0 }]);
  await expect(client.query('create table public.mine (id int)')).rejects.toThrow(/permission denied/);
  await client.end();
}, 60_000);

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { migrateAll } from '../src/migrateAll.ts';
import { startSystem } from '../src/startSystem.ts';
import { startEmbeddedPostgres } from '../src/stores/embeddedPostgres.ts';
import { type Databases, provision } from '../src/stores/provision.ts';
import { ask, eventually } from './runStart.ts';
import { log, refusal, scratch, stopsAfterwards } from './stores/scratch.ts';
import { warnsOnce, watchWarnings, yesterdaysDirectory, yesterdaysSecret } from './yesterday.ts';

const wrongPassword = /password authentication failed/;

/** Makes yesterday's databases by today's code with yesterday's secret, with a table in auth's. */
async function makeYesterdaysDatabases(databaseUrl: string): Promise<Databases> {
  const databases = await provision({ databaseUrl, databaseSecret: yesterdaysSecret, queues: true, log });
  await migrateAll(databases, log);
  await query(databases.auth.migrationUrl, 'CREATE TABLE kept AS SELECT 7 AS seven');
  await query(databases.auth.migrationUrl, 'GRANT SELECT ON kept TO auth_app');
  return databases;
}

async function query(url: string, text: string) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const whatWasKept = (url: string) => query(url, 'SELECT seven FROM kept');

describe('yesterday’s DATA_DIR', () => {
  it('starts, works, and no longer opens its databases with the secret that the parts had', async () => {
    const dataDir = yesterdaysDirectory();
    const before = await startEmbeddedPostgres({
      directory: join(dataDir, 'postgres'),
      durable: false,
      log,
    });
    const { auth } = await makeYesterdaysDatabases(before.url);
    await before.stop();

    const { warnings, log: watched } = watchWarnings();
    const system = stopsAfterwards(
      await startSystem({
        ...{ dataDir, port: 0, durable: false, log: watched },
        environment: { QUEUE_BACKEND: 'postgresql', SEED: 'demo' },
      }),
    );
    const { login } = await ask(
      system.url,
      'mutation { login(login: "ada", beakShape: "wide, hooked, scarlet tip") { accessToken } }',
    );
    const { accessToken } = login as { accessToken: string };
    // This succeeds when the workers have brought auth's users to tracker.
    const create = 'mutation { createTask(input: { title: "Clean the cage" }) { status } }';
    const created = await eventually(60_000, () => ask(system.url, create, {}, accessToken));
    expect(created).toEqual({ createTask: { status: 'IN_PROGRESS' } });

    expect(await whatWasKept(system.databases.auth.url)).toEqual([{ seven: 7 }]);
    const { port } = new URL(system.databases.auth.url);
    for (const url of [auth.url, auth.migrationUrl])
      expect(await refusal(whatWasKept(Object.assign(new URL(url), { port }).href))).toMatch(wrongPassword);
    expect(JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8'))).toEqual({
      internalSecret: yesterdaysSecret,
    });
    expect(warnings).toEqual([]);
  }, 120_000);
});

describe('a server whose databases were made with INTERNAL_SECRET', () => {
  it('is opened as before, with a warning, until there is a DATABASE_SECRET', async () => {
    const server = stopsAfterwards(
      await startEmbeddedPostgres({ directory: scratch(), durable: false, log }),
    );
    const { queues, ...before } = await makeYesterdaysDatabases(server.url);
    const start = async (secrets: Record<string, string>) => {
      const { warnings, log: watched } = watchWarnings();
      const system = await startSystem({
        ...{ dataDir: scratch(), port: 0, log: watched, parts: ['auth'] as const },
        environment: { QUEUE_BACKEND: 'postgresql', DATABASE_URL: server.url, ...secrets },
      });
      const { databases } = system;
      await system.stop();
      return { databases, warnings };
    };

    // Separate processes have these URLs. A start beside them must not lock them out.
    const kept = await start({ INTERNAL_SECRET: yesterdaysSecret });
    expect(kept).toEqual({ databases: before, warnings: warnsOnce });
    expect(await whatWasKept(before.auth.url)).toEqual([{ seven: 7 }]);

    const changed = await start({
      INTERNAL_SECRET: yesterdaysSecret,
      DATABASE_SECRET: 'a secret of databases',
    });
    expect(changed.warnings).toEqual([]);
    expect(await whatWasKept(changed.databases.auth.url)).toEqual([{ seven: 7 }]);
    expect(await refusal(whatWasKept(before.auth.url))).toMatch(wrongPassword);
  }, 120_000);
});

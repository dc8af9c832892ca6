import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { migrateAll } from '../src/migrateAll.ts';
import { databaseSecretOf, internalSecretOf } from '../src/secrets.ts';
import { readSystemSettings } from '../src/settings.ts';
import { startSystem } from '../src/startSystem.ts';
import { startEmbeddedPostgres } from '../src/stores/embeddedPostgres.ts';
import { type Databases, provision } from '../src/stores/provision.ts';
import { ask, eventually } from './runStart.ts';
import { log, refusal, scratch, stopsAfterwards } from './stores/scratch.ts';

/*
 * Before DATABASE_SECRET existed, the passwords of roles were derived from INTERNAL_SECRET, or from the secret in
 * DATA_DIR/secrets.json. What yesterday's version has left is made here by today's code with that secret.
 */

const yesterdaysSecret = 'the one secret of yesterday';
const wrongPassword = /password authentication failed/;

/** Databases as yesterday's version has made them, with something in auth's. */
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

/** A log whose warnings are kept. */
function watchWarnings() {
  const warnings: string[] = [];
  const write = (line: string) => void warnings.push((JSON.parse(line) as { msg: string }).msg);
  return { warnings, log: pino({ level: 'warn' }, { write }) };
}

const warnsOnce = [expect.stringMatching(/^DATABASE_SECRET is not set, .* derived from INTERNAL_SECRET/)];

/** A data directory as yesterday's version has left it. */
function yesterdaysDirectory(): string {
  const directory = scratch();
  writeFileSync(join(directory, 'secrets.json'), JSON.stringify({ internalSecret: yesterdaysSecret }));
  return directory;
}

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
    // As soon as the workers have told tracker of the people whom auth has.
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

    // Processes apart have these URLs, and must not be locked out by a start beside them.
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

describe('the secret of databases', () => {
  const choose = (environment: Record<string, string>) => {
    const { warnings, log: watched } = watchWarnings();
    return { secret: databaseSecretOf(readSystemSettings(environment), watched), warnings };
  };
  const outside = { DATABASE_URL: 'postgres://h' };

  it('is what the operator has set, wherever the databases are', () => {
    for (const place of [{}, outside]) {
      const environment = { ...place, DATA_DIR: yesterdaysDirectory(), INTERNAL_SECRET: yesterdaysSecret };
      expect(choose({ ...environment, DATABASE_SECRET: 'a secret of databases' })).toEqual({
        secret: 'a secret of databases',
        warnings: [],
      });
      expect(existsSync(join(environment.DATA_DIR, 'database-secret.json'))).toBe(false);
    }
  });

  it('is a new one in an embedded PostgreSQL, which gives it to nobody but this system', () => {
    const DATA_DIR = yesterdaysDirectory();
    const made = choose({ DATA_DIR });
    expect(made).toEqual({ secret: expect.stringMatching(/^[0-9a-f]{64}$/), warnings: [] });
    expect(choose({ DATA_DIR, INTERNAL_SECRET: yesterdaysSecret })).toEqual(made);
  });

  it('stays what it was on a server of others, where a DATA_DIR of yesterday tells it', () => {
    expect(choose({ ...outside, DATA_DIR: yesterdaysDirectory() })).toEqual({
      secret: yesterdaysSecret,
      warnings: warnsOnce,
    });
  });

  it('is made once on a server of others where nothing was before', () => {
    const environment = { ...outside, DATA_DIR: join(scratch(), 'new') };
    const made = choose(environment);
    expect(made).toEqual({ secret: expect.stringMatching(/^[0-9a-f]{64}$/), warnings: [] });
    expect(internalSecretOf(readSystemSettings(environment))).not.toBe(made.secret);
    expect(choose(environment)).toEqual(made);
  });
});

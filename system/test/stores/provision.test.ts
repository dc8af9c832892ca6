import { createHmac } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/stores/embeddedPostgres.ts';
import { databaseServices, type ProvisionOptions, provision } from '../../src/stores/provision.ts';
import { log, refusal, scratch } from './scratch.ts';

const databaseSecret = 'a secret of at least 16 characters';

let server: EmbeddedPostgres | undefined;
let adminUrl = '';

beforeAll(async () => {
  // Names another server to test on, such as one of an older version.
  const outside = process.env.TEST_PROVISION_URL;
  server = outside ? undefined : await startEmbeddedPostgres({ directory: scratch(), durable: false, log });
  adminUrl = outside ?? server!.url;
}, 60_000);
afterAll(() => server?.stop());

let systems = 0;
/** Returns a prefix that no other test uses, since tests share a server. */
const newPrefix = () => `t${process.pid}_${++systems}_`;

const make = (options: Partial<ProvisionOptions> = {}) =>
  provision({ databaseUrl: adminUrl, databaseSecret, log, ...options });

async function query(url: string, text: string, values: unknown[] = []) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Makes a role as an operator would. Returns the URL to connect with it. */
async function makeAdmin(attributes: string): Promise<string> {
  const role = `${newPrefix()}admin`;
  await query(adminUrl, `CREATE ROLE ${role} LOGIN ${attributes} PASSWORD 'let me in'`);
  const url = new URL(adminUrl);
  url.username = role;
  url.password = 'let me in';
  return url.href;
}

describe('provisioning', () => {
  it('makes a database per service, with a role that owns it and one that works in it', async () => {
    const prefix = newPrefix();
    const databases = await make({ databaseNamePrefix: prefix, queues: true });
    for (const service of databaseServices) {
      const { url, migrationUrl } = databases[service];
      expect(
        await query(migrationUrl, 'SELECT current_database() AS database, current_user AS role'),
      ).toEqual([{ database: `${prefix}${service}`, role: `${prefix}${service}_owner` }]);
      await query(migrationUrl, 'CREATE TABLE facts AS SELECT 7 AS seven');
      await query(migrationUrl, `GRANT SELECT ON facts TO ${prefix}${service}_app`);
      expect(await query(url, 'SELECT seven, current_user AS role FROM facts')).toEqual([
        { seven: 7, role: `${prefix}${service}_app` },
      ]);
      expect(await refusal(query(url, 'CREATE TABLE mine ()'))).toMatch(
        /permission denied for schema public/,
      );
      expect(await refusal(query(url, 'CREATE TEMPORARY TABLE mine ()'))).toMatch(/permission denied/);
    }
    await query(databases.queues!.url, 'CREATE SCHEMA bullmq');
    const password = createHmac('sha256', databaseSecret).update(`database:${prefix}auth_app`).digest('hex');
    expect(new URL(databases.auth.url).password).toBe(password);
    const roles = await query(
      adminUrl,
      `SELECT bool_or(rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls) AS powerful, count(*)::int
         FROM pg_roles WHERE rolname LIKE $1 AND rolname NOT LIKE '%admin'`,
      [`${prefix}%`],
    );
    expect(roles).toEqual([{ powerful: false, count: 9 }]);
  });

  it('lets no role into another service’s database', async () => {
    const databases = await make({ databaseNamePrefix: newPrefix(), queues: true });
    const { queues, ...services } = databases;
    const urls = [
      ...Object.values(services).flatMap(({ url, migrationUrl }) => [url, migrationUrl]),
      queues!.url,
    ];
    for (const from of urls) {
      for (const to of urls) {
        const [own, other] = [new URL(from), new URL(to).pathname];
        if (own.pathname === other) continue;
        own.pathname = other;
        expect(await refusal(query(own.href, 'SELECT 1'))).toMatch(/permission denied for database/);
      }
    }
  });

  it('changes nothing the second time, and takes back what was changed', async () => {
    const prefix = newPrefix();
    const first = await make({ databaseNamePrefix: prefix });
    await query(first.auth.migrationUrl, 'CREATE TABLE kept ()');
    await query(adminUrl, `ALTER ROLE ${prefix}auth_app CREATEDB PASSWORD 'another'`);
    await query(adminUrl, `GRANT CONNECT ON DATABASE ${prefix}auth TO PUBLIC`);
    expect(await make({ databaseNamePrefix: prefix })).toEqual(first);
    expect(await query(first.auth.migrationUrl, 'SELECT * FROM kept')).toEqual([]);
    expect(
      await query(first.auth.url, 'SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user'),
    ).toEqual([{ rolcreatedb: false }]);
    const tracker = new URL(first.tracker.url);
    tracker.pathname = `/${prefix}auth`;
    expect(await refusal(query(tracker.href, 'SELECT 1'))).toMatch(/permission denied for database/);
    const changed = await make({ databaseNamePrefix: prefix, databaseSecret: 'another secret, as long' });
    expect(await query(changed.auth.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await refusal(query(first.auth.url, 'SELECT 1'))).toMatch(/password authentication failed/);
  });

  it('can be done by several processes at once', async () => {
    const prefix = newPrefix();
    const all = await Promise.all([1, 2, 3].map(() => make({ databaseNamePrefix: prefix, queues: true })));
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
    expect(await query(all[0]!.analytics.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('needs no superuser, only a role that may make databases and roles, which may inherit or not', async () => {
    for (const attributes of ['CREATEDB CREATEROLE', 'CREATEDB CREATEROLE NOINHERIT']) {
      const databaseUrl = await makeAdmin(attributes);
      const prefix = newPrefix();
      const first = await make({ databaseUrl, databaseNamePrefix: prefix, queues: true });
      expect(await make({ databaseUrl, databaseNamePrefix: prefix, queues: true })).toEqual(first);
      expect(await query(first.auth.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    }
  });

  it('says what the role of DATABASE_URL lacks', async () => {
    expect(await refusal(make({ databaseUrl: await makeAdmin('CREATEDB') }))).toMatch(
      /^SettingError: DATABASE_URL must name a role that can make databases and roles; ".*admin" lacks CREATEROLE:/,
    );
    const prefix = newPrefix();
    await make({ databaseNamePrefix: prefix });
    const stranger = await makeAdmin('CREATEDB CREATEROLE');
    const { rows } = {
      rows: await query(adminUrl, "SELECT current_setting('server_version_num')::int AS n"),
    };
    // Up to PostgreSQL 15, a role with CREATEROLE may change every role but superusers.
    if (rows[0].n >= 160_000) {
      expect(await refusal(make({ databaseUrl: stranger, databaseNamePrefix: prefix }))).toMatch(
        /^SettingError: DATABASE_URL must name a role that may make .*permission denied to alter role/,
      );
    }
  });

  it('leaves databases alone that somebody else has made', async () => {
    const [owned, shared] = [newPrefix(), newPrefix()];
    await query(adminUrl, `CREATE ROLE ${owned}stranger`);
    await query(adminUrl, `CREATE DATABASE ${owned}tracker OWNER ${owned}stranger`);
    expect(await refusal(make({ databaseNamePrefix: owned }))).toMatch(
      new RegExp(`^SettingError: DATABASE_URL .* database "${owned}tracker" .* belongs to ${owned}stranger`),
    );

    // On a shared server, everything may belong to one role that all use.
    await query(adminUrl, `CREATE DATABASE ${shared}auth`);
    const inside = new URL(adminUrl);
    inside.pathname = `/${shared}auth`;
    await query(inside.href, 'CREATE TABLE somebody_elses ()');
    expect(await refusal(make({ databaseNamePrefix: shared }))).toMatch(
      /^SettingError: DATABASE_URL .* database ".*auth" .* belongs to .*, with tables in it/,
    );

    for (const prefix of [owned, shared]) {
      const roles = await query(adminUrl, `SELECT FROM pg_roles WHERE rolname LIKE '${prefix}%_owner'`);
      const databases = await query(adminUrl, `SELECT FROM pg_database WHERE datname LIKE '${prefix}%'`);
      expect([roles.length, databases.length]).toEqual([0, 1]);
    }
    await query(inside.href, 'DROP TABLE somebody_elses');
    const made = await make({ databaseNamePrefix: shared });
    expect(await query(made.auth.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('leaves roles alone that somebody else has made, and knows its own', async () => {
    const prefix = newPrefix();
    await query(adminUrl, `CREATE ROLE ${prefix}auth_app LOGIN PASSWORD 'let me in'`);
    expect(await refusal(make({ databaseNamePrefix: prefix }))).toMatch(
      new RegExp(`^SettingError: DATABASE_URL .* role "${prefix}auth_app" .* somebody else`),
    );
    const theirs = new URL(adminUrl);
    theirs.username = `${prefix}auth_app`;
    theirs.password = 'let me in';
    expect(await query(theirs.href, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await query(adminUrl, `DROP ROLE ${prefix}auth_app`);

    const made = await make({ databaseNamePrefix: prefix });
    // As if an older version had made the role: it left no marks.
    await query(adminUrl, `COMMENT ON ROLE ${prefix}auth_app IS NULL`);
    expect(await make({ databaseNamePrefix: prefix })).toEqual(made);
    // A missing database is made anew.
    await query(adminUrl, `DROP DATABASE ${prefix}auth`);
    expect(await make({ databaseNamePrefix: prefix })).toEqual(made);
    expect(await query(made.auth.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says so where DATABASE_URL leads nowhere, without the password', async () => {
    const url = new URL(adminUrl);
    url.password = 'not-the-password';
    const wrong = await refusal(make({ databaseUrl: url.href }));
    expect(wrong).toMatch(
      /^SettingError: DATABASE_URL leads to no connection with database "postgres" on .*auth/,
    );
    const nowhere = await refusal(
      make({ databaseUrl: 'postgres://me:not-the-password@localhost:1/postgres' }),
    );
    expect(nowhere).toMatch(
      /^SettingError: DATABASE_URL leads to no connection .*localhost:1 as me: .*REFUSED/,
    );
    expect(`${wrong}${nowhere}`).not.toContain('not-the-password');
  });
});

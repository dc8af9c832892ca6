import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { findSessionKind } from '@ates/kit/database/session';
import type { Log } from '@ates/kit/process/log';
import { SettingError } from '@ates/kit/process/settings';
import pg from 'pg';

/** The services that have a database of their own. */
export const databaseServices = ['auth', 'tracker', 'accounting', 'analytics'] as const;
export type DatabaseService = (typeof databaseServices)[number];

export interface ProvisionOptions {
  /** `DATABASE_URL`: a role that may make databases and roles, on PostgreSQL 15 or newer. */
  readonly databaseUrl: string;
  /** The secret that the roles' passwords are derived from, so that they need not be stored. */
  readonly databaseSecret: string;
  /** Also makes the database `queues`. */
  readonly queues?: boolean;
  /** The prefix of every database's and role's name, so that several systems, or tests, can share one server. */
  readonly databaseNamePrefix?: string;
  readonly log: Log;
}

/** How a service reaches its database. */
export interface ServiceDatabase {
  /** For the service's work: with a role that has only the rights that its migrations grant. */
  readonly url: string;
  /** For its migrations: with the role that owns the database. */
  readonly migrationUrl: string;
}

export type Databases = Readonly<Record<DatabaseService, ServiceDatabase>> & {
  /** Only where it was asked for. BullMQ makes and owns its tables. */
  readonly queues?: { readonly url: string };
};

/** A database to make. */
interface Plan {
  readonly database: string;
  readonly owner: string;
  /** The role for work, where it is not the owner. */
  readonly app?: string;
}

/** "ates" in ASCII. An advisory lock holds within one database, so it separates only starts with the same URL. */
const advisoryLock = 0x61746573;

/** The comment of every role that was made here: another system's role may have the same name. */
const mark = 'made by the task exchange';

/**
 * Makes the databases and roles of all services on one server, or corrects those that exist. It is safe to repeat,
 * also from several processes at once. Only its own two roles can connect to each database.
 * @throws SettingError that names `DATABASE_URL` and what is missing, or what exists already and is another system's.
 */
export async function provision(options: ProvisionOptions): Promise<Databases> {
  const { databaseUrl, databaseNamePrefix: prefix = '', log } = options;
  // PostgreSQL cuts names off after 63 bytes, so two long names with the same beginning would be one.
  if (!/^[a-z0-9_]{0,32}$/.test(prefix)) throw new Error(`"${prefix}" cannot be a prefix of database names`);
  const passwordOf = (role: string) =>
    createHmac('sha256', options.databaseSecret).update(`database:${role}`).digest('hex');
  const urlFor = (role: string, database: string) => withRole(databaseUrl, role, passwordOf(role), database);

  const services = databaseServices.map((service) => ({
    database: `${prefix}${service}`,
    owner: `${prefix}${service}_owner`,
    app: `${prefix}${service}_app`,
  }));
  const queues: Plan = { database: `${prefix}queues`, owner: `${prefix}queues_app` };
  const plans: Plan[] = options.queues ? [...services, queues] : services;

  const admin = await connectTo(databaseUrl, databaseUrl);
  try {
    await refuseSharedSessions(databaseUrl);
    const { user, isSuperuser } = await checkRights(admin, databaseUrl);
    // A limit for every lock, also for the advisory one: the process that holds it may hang.
    await admin.query("SET lock_timeout = '60s'");
    await admin.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
    await refuseForeign(admin, plans, { user, databaseUrl });
    for (const plan of plans) {
      const { database, owner } = plan;
      for (const role of rolesOf(plan)) {
        await makeRole(admin, role, passwordOf(role));
      }
      // Only a role that can act as another may give it a database. From PostgreSQL 16 on, making it is not enough.
      if (!isSuperuser) await admin.query(`GRANT ${name(owner)} TO ${name(user)}`);
      if (await makeDatabase(admin, database, owner)) log.info(`made database ${database}`);
    }
    for (const plan of plans) await closeDatabase(plan, urlFor(plan.owner, plan.database), databaseUrl);
  } catch (error) {
    throw error instanceof SettingError ? error : refused(databaseUrl, error);
  } finally {
    // Ends the session, and the lock with it.
    await admin.end().catch(() => {});
  }

  const reached = Object.fromEntries(
    services.map(({ database, owner, app }, index) => [
      databaseServices[index],
      { url: urlFor(app, database), migrationUrl: urlFor(owner, database) },
    ]),
  ) as Record<DatabaseService, ServiceDatabase>;
  return options.queues ? { ...reached, queues: { url: urlFor(queues.owner, queues.database) } } : reached;
}

/** Refuses a pooler that shares connections: it does not keep the session, which holds the advisory lock. */
async function refuseSharedSessions(databaseUrl: string): Promise<void> {
  if ((await findSessionKind(databaseUrl)) === 'own') return;
  throw new SettingError(
    `DATABASE_URL must lead to PostgreSQL directly: ${placeOf(databaseUrl)} is a pooler that gives each transaction another connection; processes apart may go through it by their <SERVICE>_DATABASE_URL.`,
  );
}

const rolesOf = ({ owner, app }: Plan) => (app === undefined ? [owner] : [owner, app]);

/**
 * Refuses, before anything is changed, to take over databases and roles that others have made on a shared server under
 * our names. A database is ours where it belongs to its owner role. It is also ours where it is empty and belongs to
 * the connecting role, because an operator may have made it. A role is ours by its mark, or by the database it owns.
 */
async function refuseForeign(
  admin: pg.Client,
  plans: readonly Plan[],
  { user, databaseUrl }: { user: string; databaseUrl: string },
): Promise<void> {
  const databases = await admin.query<{ name: string; owner: string }>(
    'SELECT datname AS name, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = ANY($1)',
    [plans.map(({ database }) => database)],
  );
  const roles = await admin.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles
      WHERE rolname = ANY($1) AND shobj_description(oid, 'pg_authid') IS DISTINCT FROM $2`,
    [plans.flatMap(rolesOf), mark],
  );
  const ownerOf = new Map(databases.rows.map(({ name, owner }) => [name, owner]));
  const unmarked = new Set(roles.rows.map(({ name }) => name));
  const instead =
    'use another server, or set AUTH_DATABASE_URL, TRACKER_DATABASE_URL, ACCOUNTING_DATABASE_URL and ANALYTICS_DATABASE_URL instead';
  for (const plan of plans) {
    const owner = ownerOf.get(plan.database);
    if (owner === plan.owner) continue;
    if (owner !== undefined && !(owner === user && (await isEmpty(plan.database, databaseUrl)))) {
      throw new SettingError(
        `DATABASE_URL leads to ${placeOf(databaseUrl)}, where a database "${plan.database}" exists already that belongs to ${owner}${owner === user ? ', with tables in it' : ''}: ${instead}; if it is this system's, give it to its role by ALTER DATABASE ${name(plan.database)} OWNER TO ${name(plan.owner)}.`,
      );
    }
    const foreign = rolesOf(plan).find((role) => unmarked.has(role));
    if (foreign !== undefined) {
      throw new SettingError(
        `DATABASE_URL leads to ${placeOf(databaseUrl)}, where a role "${foreign}" exists already, which somebody else has made: ${instead}; if it is not needed, remove it by DROP ROLE ${name(foreign)}.`,
      );
    }
  }
}

/** True where a database holds no tables or similar objects. */
async function isEmpty(database: string, databaseUrl: string): Promise<boolean> {
  const url = new URL(databaseUrl);
  url.pathname = `/${database}`;
  for (const parameter of ['database', 'dbname']) url.searchParams.delete(parameter);
  const client = await connectTo(url.href, databaseUrl);
  try {
    const { rowCount } = await client.query(
      `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' LIMIT 1`,
    );
    return rowCount === 0;
  } finally {
    await client.end().catch(() => {});
  }
}

const name = (identifier: string) => pg.escapeIdentifier(identifier);

/** Returns the URL for another role and database on the same server, with its parameters (such as `sslmode`). */
function withRole(databaseUrl: string, role: string, password: string, database: string): string {
  const url = new URL(databaseUrl);
  // A URL without a host has no place for a role. A `host` among the parameters still takes precedence.
  if (url.hostname === '') url.hostname = 'localhost';
  url.username = role;
  url.password = password;
  url.pathname = `/${database}`;
  for (const parameter of ['user', 'password', 'database', 'dbname']) url.searchParams.delete(parameter);
  return url.href;
}

async function connectTo(url: string, databaseUrl: string): Promise<pg.Client> {
  let client: pg.Client;
  try {
    client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 10_000,
      application_name: 'provision',
    });
    client.on('error', () => {});
  } catch {
    // Without the cause, which may quote the URL.
    throw new SettingError('DATABASE_URL must be a URL that starts with postgres:// or postgresql://.');
  }
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    const who = client.user ? ` as ${client.user}` : '';
    throw new SettingError(
      `DATABASE_URL leads to no connection with database "${client.database}" on ${placeOf(databaseUrl)}${who}: ${reasonOf(error)}.`,
      { cause: error },
    );
  }
}

function placeOf(databaseUrl: string): string {
  const { hostname, port, searchParams } = new URL(databaseUrl);
  return `${searchParams.get('host') ?? (hostname || 'localhost')}:${port || 5432}`;
}

/** Returns why a connection failed. Where all addresses of a name refuse it, only the inner errors have a message. */
function reasonOf(error: unknown): string {
  const { message, code, errors } = error as { message?: string; code?: string; errors?: unknown[] };
  return message || (errors?.length ? reasonOf(errors[0]) : (code ?? String(error)));
}

interface Rights {
  readonly user: string;
  readonly isSuperuser: boolean;
}

async function checkRights(admin: pg.Client, databaseUrl: string): Promise<Rights> {
  const { rows } = await admin.query<{
    version: number;
    user: string;
    rolsuper: boolean;
    rolcreatedb: boolean;
    rolcreaterole: boolean;
  }>(
    `SELECT current_setting('server_version_num')::int AS version, rolname AS "user",
            rolsuper, rolcreatedb, rolcreaterole
       FROM pg_roles WHERE rolname = current_user`,
  );
  const { version, user, rolsuper, rolcreatedb, rolcreaterole } = rows[0]!;
  if (version < 150_000) {
    throw new SettingError(
      `DATABASE_URL must lead to PostgreSQL 15 or newer; ${placeOf(databaseUrl)} runs ${Math.floor(version / 10_000)}.`,
    );
  }
  const lacking = [rolcreatedb ? '' : 'CREATEDB', rolcreaterole ? '' : 'CREATEROLE']
    .filter(Boolean)
    .join(' ');
  if (!rolsuper && lacking) {
    throw new SettingError(
      `DATABASE_URL must name a role that can make databases and roles; "${user}" lacks ${lacking}: a superuser can give it by ALTER ROLE ${name(user)} ${lacking}, or set AUTH_DATABASE_URL, TRACKER_DATABASE_URL, ACCOUNTING_DATABASE_URL and ANALYTICS_DATABASE_URL instead.`,
    );
  }
  return { user, isSuperuser: rolsuper };
}

async function makeRole(admin: pg.Client, role: string, password: string): Promise<void> {
  const { rows } = await admin.query<{ powerful: boolean; marked: boolean }>(
    `SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS powerful,
            shobj_description(oid, 'pg_authid') IS NOT DISTINCT FROM $2 AS marked
       FROM pg_roles WHERE rolname = $1`,
    [role, mark],
  );
  const giveMark = `COMMENT ON ROLE ${name(role)} IS ${pg.escapeLiteral(mark)}`;
  const login = `LOGIN PASSWORD ${pg.escapeLiteral(scramVerifier(role, password))}`;
  if (rows[0] === undefined) {
    // One transaction: the next start would refuse a role without its mark as another system's.
    await admin.query(`CREATE ROLE ${name(role)} NOSUPERUSER NOCREATEDB NOCREATEROLE ${login}; ${giveMark}`);
    return;
  }
  await admin.query(`ALTER ROLE ${name(role)} ${login}`);
  if (!rows[0].marked) await admin.query(giveMark);
  // Only where needed: some of these options may be named by a superuser only.
  if (rows[0].powerful) {
    await admin.query(
      `ALTER ROLE ${name(role)} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`,
    );
  }
}

/**
 * Returns the verifier that PostgreSQL stores for a password (RFC 5803). It is sent in place of the password, which so
 * cannot get into a server's log of statements. The salt is derived from the role: a repeated start changes nothing.
 */
function scramVerifier(role: string, password: string): string {
  const iterations = 4096;
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const salt = hmac(Buffer.from(password), `salt:${role}`).subarray(0, 16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  const serverKey = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** @returns true where the database is new. */
async function makeDatabase(admin: pg.Client, database: string, owner: string): Promise<boolean> {
  const { rows } = await admin.query<{ owner: string }>(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [database],
  );
  if (rows[0] === undefined) {
    // From template0: template1 may hold objects that an operator has put there, and have another encoding.
    await admin.query(
      `CREATE DATABASE ${name(database)} OWNER ${name(owner)} TEMPLATE template0 ENCODING 'UTF8'`,
    );
    return true;
  }
  if (rows[0].owner !== owner) await admin.query(`ALTER DATABASE ${name(database)} OWNER TO ${name(owner)}`);
  return false;
}

/**
 * Lets only its own roles connect to a database. It does so as the owner, who always has the right to, whatever the
 * administrator's role inherits. The connection also proves that the derived password works.
 */
async function closeDatabase(plan: Plan, ownerUrl: string, databaseUrl: string): Promise<void> {
  const [database, owner] = [name(plan.database), name(plan.owner)];
  const roles = plan.app === undefined ? owner : `${owner}, ${name(plan.app)}`;
  const client = await connectTo(ownerUrl, databaseUrl);
  try {
    await client.query('BEGIN');
    await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${roles}`);
    await client.query(`ALTER SCHEMA public OWNER TO ${owner}`);
    await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
    await client.query(`GRANT USAGE ON SCHEMA public TO ${roles}`);
    await client.query('COMMIT');
  } finally {
    await client.end().catch(() => {});
  }
}

function refused(databaseUrl: string, error: unknown): unknown {
  const { code } = error as { code?: string };
  // 42501: insufficient privilege; 55P03: the lock was not free in time. Other errors are for the log.
  if (code === '55P03') {
    return new SettingError(
      `DATABASE_URL leads to a server, ${placeOf(databaseUrl)}, where another start has been making the databases for over a minute: wait for it or end it.`,
      { cause: error },
    );
  }
  if (code !== '42501') return error;
  return new SettingError(
    `DATABASE_URL must name a role that may make the databases and roles, and change existing ones, on ${placeOf(databaseUrl)}: ${reasonOf(error)}.`,
    { cause: error },
  );
}

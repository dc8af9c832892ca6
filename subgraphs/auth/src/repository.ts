import { anyId } from '@ates/kit/database/rows';
import { type Page, type PageArguments, toPage } from '@ates/kit/graph/page';
import { farAheadMs } from '@ates/kit/process/clockSkew';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { FoundToken } from './domain/session.ts';
import type { User, UserFilter } from './domain/user.ts';
import type { AuthTables } from './tables.ts';

type Db = Kysely<AuthTables>;
type Trx = Transaction<AuthTables>;

const userColumns = ['id', 'login', 'name', 'email', 'role', 'active', 'version', 'created_at'] as const;

const toUser = (row: Pick<Selectable<AuthTables['user_account']>, (typeof userColumns)[number]>): User => ({
  id: row.id,
  login: row.login,
  name: row.name,
  email: row.email,
  role: row.role,
  active: row.active,
  version: row.version,
  createdAt: row.created_at,
});

export async function findUsers(db: Db, ids: readonly string[]): Promise<User[]> {
  const rows = await db.selectFrom('user_account').select(userColumns).where('id', '=', anyId(ids)).execute();
  return rows.map(toUser);
}

export async function lockUser(trx: Trx, id: string): Promise<User | undefined> {
  const row = await trx
    .selectFrom('user_account')
    .select(userColumns)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row && toUser(row);
}

/** Returns a user with the hash of their secret, for a log-in. */
export async function findCredentials(
  db: Db,
  login: string,
): Promise<{ user: User; beakHash: string } | undefined> {
  const row = await db
    .selectFrom('user_account')
    .select([...userColumns, 'beak_hash'])
    .where('login', '=', login)
    .executeTakeFirst();
  return row && { user: toUser(row), beakHash: row.beak_hash };
}

/** The sort key of the people list. */
export type UserKey = readonly [name: string, id: string];

/** Returns a page of the people list, by name. */
export async function listUsers(
  db: Db,
  filter: UserFilter,
  page: PageArguments<UserKey>,
): Promise<Page<User>> {
  const { first, after } = page;
  let query = db.selectFrom('user_account').select(userColumns);
  if (filter.role) query = query.where('role', '=', filter.role);
  if (filter.search) query = query.where(matches(filter.search));
  if (after) query = query.where(sql<boolean>`(name, id) > (${after[0]}, ${after[1]}::uuid)`);
  const rows = await query
    .orderBy('name')
    .orderBy('id')
    .limit(first + 1)
    .execute();
  return toPage<User, UserKey>(rows.map(toUser), page, ({ name, id }) => [name, id]);
}

export async function countUsers(db: Db, filter: UserFilter): Promise<number> {
  let query = db.selectFrom('user_account').select((select) => select.fn.countAll<number>().as('n'));
  if (filter.role) query = query.where('role', '=', filter.role);
  if (filter.search) query = query.where(matches(filter.search));
  return (await query.executeTakeFirstOrThrow()).n;
}

const matches = (search: string) => {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`(name ilike ${pattern} or login ilike ${pattern})`;
};

/** Inserts a user. False where the login is taken. */
export async function insertUser(trx: Trx, user: User, beakHash: string): Promise<boolean> {
  const result = await trx
    .insertInto('user_account')
    .values({
      id: user.id,
      login: user.login,
      name: user.name,
      email: user.email,
      role: user.role,
      active: user.active,
      version: user.version,
      beak_hash: beakHash,
      created_at: user.createdAt,
    })
    .onConflict((conflict) => conflict.column('login').doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function updateUser(trx: Trx, user: User): Promise<void> {
  const { role, active, email, version } = user;
  await trx
    .updateTable('user_account')
    .set({ role, active, email, version })
    .where('id', '=', user.id)
    .execute();
}

export async function updateBeakHash(trx: Trx, userId: string, beakHash: string): Promise<void> {
  await trx.updateTable('user_account').set({ beak_hash: beakHash }).where('id', '=', userId).execute();
}

/** Counts the active admins other than one user. Two changes of admins at once wait for each other. */
export async function countOtherActiveAdmins(trx: Trx, userId: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('the company''s admins'))`.execute(trx);
  const { n } = await trx
    .selectFrom('user_account')
    .select((select) => select.fn.countAll<number>().as('n'))
    .where('role', '=', 'ADMIN')
    .where('active', '=', true)
    .where('id', '<>', userId)
    .executeTakeFirstOrThrow();
  return n;
}

/** True for the one caller that finds no user at all. Other callers wait until it has made the first user. */
export async function lockEmptyCompany(trx: Trx): Promise<boolean> {
  await sql`select pg_advisory_xact_lock(hashtext('the company''s first users'))`.execute(trx);
  const row = await trx.selectFrom('user_account').select('id').limit(1).executeTakeFirst();
  return row === undefined;
}

export async function insertSession(
  trx: Trx,
  session: { id: string; userId: string; now: Date },
): Promise<void> {
  await trx
    .insertInto('session')
    .values({ id: session.id, user_id: session.userId, created_at: session.now, ended_at: null })
    .execute();
}

export async function insertRefreshToken(
  trx: Trx,
  token: { hash: string; sessionId: string; predecessor: string | null; now: Date; expiresAt: Date },
): Promise<void> {
  await trx
    .insertInto('refresh_token')
    .values({
      hash: token.hash,
      session_id: token.sessionId,
      predecessor: token.predecessor,
      created_at: token.now,
      expires_at: token.expiresAt,
      used_at: null,
    })
    .execute();
}

/** Returns a refresh token with its family, locked: two uses of one family wait for each other. */
export async function lockRefreshToken(
  trx: Trx,
  hash: string,
): Promise<(FoundToken & { sessionId: string; userId: string }) | undefined> {
  const session = await trx
    .selectFrom('session')
    .select(['id', 'user_id', 'ended_at'])
    .where('id', '=', (select) =>
      select.selectFrom('refresh_token').select('session_id').where('hash', '=', hash),
    )
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!session) return undefined;
  const token = await trx
    .selectFrom('refresh_token as token')
    .select((select) => [
      'token.expires_at',
      'token.used_at',
      select
        .exists(
          select
            .selectFrom('refresh_token as successor')
            .select('successor.hash')
            .whereRef('successor.predecessor', '=', 'token.hash')
            .where('successor.used_at', 'is not', null),
        )
        .as('successor_used'),
    ])
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow();
  return {
    sessionId: session.id,
    userId: session.user_id,
    sessionEnded: session.ended_at !== null,
    expiresAt: token.expires_at,
    usedAt: token.used_at,
    successorUsed: Boolean(token.successor_used),
  };
}

/** Notes a token's first use. A forgiven second use does not extend the grace period. */
export async function markTokenUsed(trx: Trx, hash: string, now: Date): Promise<void> {
  await trx
    .updateTable('refresh_token')
    .set({ used_at: now })
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .execute();
}

export async function endSession(db: Db, sessionId: string, now: Date): Promise<void> {
  await db
    .updateTable('session')
    .set({ ended_at: now })
    .where('id', '=', sessionId)
    .where('ended_at', 'is', null)
    .execute();
}

export async function endSessionsOf(db: Db, userId: string, now: Date): Promise<void> {
  await db
    .updateTable('session')
    .set({ ended_at: now })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .execute();
}

/** Returns the ids of the sessions that have ended since. */
export async function listEndedSessions(db: Db, since: Date): Promise<string[]> {
  const rows = await db.selectFrom('session').select('id').where('ended_at', '>=', since).execute();
  return rows.map(({ id }) => id);
}

/** Returns the user that a session belongs to, and whether the session has ended. */
export async function findSession(
  db: Db,
  sessionId: string,
): Promise<{ user: User; ended: boolean } | undefined> {
  const row = await db
    .selectFrom('session')
    .innerJoin('user_account', 'user_account.id', 'session.user_id')
    .select(userColumns.map((column) => `user_account.${column}` as const))
    .select('session.ended_at')
    .where('session.id', '=', sessionId)
    .executeTakeFirst();
  return row && { user: toUser(row), ended: row.ended_at !== null };
}

/** Deletes expired refresh tokens, sessions that have none left, and old counts of failed log-ins. */
export async function purgeSessions(db: Db, now: Date): Promise<void> {
  await sql`delete from refresh_token where expires_at < ${now}`.execute(db);
  await sql`delete from session s where created_at < ${new Date(now.getTime() - 86_400_000)}
    and not exists (select from refresh_token t where t.session_id = s.id)`.execute(db);
  await sql`delete from login_failure where window_start < ${new Date(now.getTime() - 86_400_000)}`.execute(
    db,
  );
}

/**
 * Counts one more failed log-in of a subject and returns the count of its window. Counts before the shape is
 * verified, so that many attempts at once cannot all slip through. A window that was opened by a clock far ahead is
 * over; otherwise it would block the subject for as long as the clock was ahead.
 */
export async function countLoginFailure(
  db: Db,
  subject: string,
  now: Date,
  windowMs: number,
): Promise<number> {
  const opened = new Date(now.getTime() - windowMs);
  const farAhead = new Date(now.getTime() + farAheadMs);
  const isOver = sql`f.window_start <= ${opened} or f.window_start > ${farAhead}`;
  const { rows } = await sql<{ failures: number }>`
    insert into login_failure as f (subject, window_start, failures) values (${subject}, ${now}, 1)
    on conflict (subject) do update set
      failures = case when ${isOver} then 1 else f.failures + 1 end,
      window_start = case when ${isOver} then excluded.window_start else f.window_start end
    returning failures`.execute(db);
  return rows[0]?.failures ?? 1;
}

/** Takes back the counts for a log-in that succeeded. */
export async function forgetLoginFailures(db: Db, login: string, address: string): Promise<void> {
  await sql`delete from login_failure where subject = ${login}`.execute(db);
  await sql`update login_failure set failures = greatest(0, failures - 1) where subject = ${address}`.execute(
    db,
  );
}

/** Returns the signing keys, newest first. */
export async function listSigningKeys(db: Db): Promise<Selectable<AuthTables['signing_key']>[]> {
  return db
    .selectFrom('signing_key')
    .select(['kid', 'private_jwk', 'public_jwk', 'active_from'])
    .orderBy('active_from', 'desc')
    .execute();
}

/** Returns the signing keys, and lets no other process add one until the transaction ends. */
export async function lockSigningKeys(trx: Trx): Promise<Selectable<AuthTables['signing_key']>[]> {
  await sql`select pg_advisory_xact_lock(hashtext('signing keys'))`.execute(trx);
  return listSigningKeys(trx);
}

export async function insertSigningKey(trx: Trx, key: Selectable<AuthTables['signing_key']>): Promise<void> {
  await trx.insertInto('signing_key').values(key).execute();
}

export async function deleteSigningKeys(trx: Trx, kids: readonly string[]): Promise<void> {
  await sql`delete from signing_key where kid = any(${kids}::text[])`.execute(trx);
}

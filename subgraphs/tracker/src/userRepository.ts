import type { UserState } from '@ates/kit/caller';
import type { Random } from '@ates/kit/clock';
import type { Role } from '@ates/schema/access';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { TrackerTables } from './tables.ts';

type Db = Kysely<TrackerTables>;

export async function findUserCopy(db: Db, id: string): Promise<UserState<Role> | undefined> {
  return db
    .selectFrom('user_copy')
    .select(['role', 'active', 'version'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Rows of the copy; of the same user the newest version stays. */
export async function upsertUserCopies(
  trx: Transaction<TrackerTables>,
  users: { ids: string[]; versions: number[]; roles: string[]; actives: boolean[] },
): Promise<void> {
  await sql`
    insert into user_copy as u (id, version, role, active)
    select distinct on (id) id, version, role, active
    from unnest(${users.ids}::uuid[], ${users.versions}::int[], ${users.roles}::text[], ${users.actives}::bool[]) as f (id, version, role, active)
    order by id, version desc
    on conflict (id) do update set version = excluded.version, role = excluded.role, active = excluded.active
    where excluded.version > u.version`.execute(trx);
}

const isEligible = sql`active and role not in ('MANAGER', 'ADMIN')`;

/** Draws one eligible user, each with the same chance (rule 4); undefined where there is none. */
export async function drawAssignee(
  trx: Transaction<TrackerTables>,
  random: Random,
): Promise<string | undefined> {
  const ids = await listEligible(trx);
  return ids.length === 0 ? undefined : ids[random.below(ids.length)];
}

/** Everybody a task can fall to (rule 4). */
export async function listEligible(db: Db): Promise<string[]> {
  const { rows } = await sql<{
    id: string;
  }>`select id from user_copy where ${isEligible} order by id`.execute(db);
  return rows.map((row) => row.id);
}

import { type Kysely, sql, type Transaction } from 'kysely';
import { anyId, booleans, integers, type RowColumn, rowsOf, texts, uuids } from './rows.ts';

/** A service's own copy of the users that auth tells of (rule 2); it may have more columns. */
export interface UserCopyTables<Role extends string = string> {
  user_copy: { id: string; version: number; role: Role; active: boolean };
}

/** Users as an event tells of them: a list per property, all of the same length. */
export interface UserColumns {
  readonly userId: readonly string[];
  readonly version: readonly number[];
  readonly role: readonly string[];
  readonly active: readonly boolean[];
}

/**
 * Keeps the newest version of each user, in whatever order versions come, also within one event. Rows are written in the
 * order of their ids, so that two events at once never wait for each other in a circle.
 * @param more the further columns of this service's copy, by name
 */
export async function upsertUserCopies<Tables extends UserCopyTables>(
  trx: Transaction<Tables>,
  users: UserColumns,
  more: Readonly<Record<string, RowColumn>> = {},
): Promise<void> {
  const state = {
    version: integers(users.version),
    role: texts(users.role),
    active: booleans(users.active),
    ...more,
  };
  const rows = rowsOf({ id: uuids(users.userId), ...state });
  const changed = Object.keys(state).map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`);
  await sql`
    insert into user_copy as own (${rows.names})
    select distinct on (id) * from (select ${rows.values} from ${rows.from}) as given (${rows.names})
    order by id, version desc
    on conflict (id) do update set ${sql.join(changed)} where excluded.version > own.version`.execute(trx);
}

/** Which of some users this service has heard of, with their role and whether they are active. */
export async function findUserStates<Tables extends UserCopyTables>(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<Pick<Tables['user_copy'], 'id' | 'role' | 'active' | 'version'>[]> {
  return (db as unknown as Kysely<UserCopyTables>)
    .selectFrom('user_copy')
    .select(['id', 'role', 'active', 'version'])
    .where('id', '=', anyId(ids))
    .execute();
}

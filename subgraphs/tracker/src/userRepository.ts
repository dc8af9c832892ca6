import type { Random } from '@ates/kit/process/clock';
import { type Kysely, sql, type Transaction } from 'kysely';
import { drawOneOf } from './domain/draw.ts';
import type { TrackerTables } from './tables.ts';

type Db = Kysely<TrackerTables>;

const isEligible = sql`active and role not in ('MANAGER', 'ADMIN')`;

/** Draws one eligible user, each with the same chance (rule 4); undefined where there is none. */
export async function drawAssignee(
  trx: Transaction<TrackerTables>,
  random: Random,
): Promise<string | undefined> {
  for (let tries = 0; tries < 10; tries++) {
    const { rows: counted } = await sql<{
      n: number;
    }>`select count(*) as n from user_copy where ${isEligible}`.execute(trx);
    const at = drawOneOf(counted[0]?.n ?? 0, random);
    if (at === undefined) return undefined;
    const { rows } = await sql<{
      id: string;
    }>`select id from user_copy where ${isEligible} order by id offset ${at} limit 1`.execute(trx);
    if (rows[0]) return rows[0].id;
    // There are fewer of them than a moment ago: drawn anew among those who are left.
  }
  throw new Error('the number of eligible users has fallen between each count and draw');
}

/** Whether there is anybody a task can fall to (rule 4). */
export async function isAnyoneEligible(trx: Transaction<TrackerTables>): Promise<boolean> {
  const { rows } = await sql`select from user_copy where ${isEligible} limit 1`.execute(trx);
  return rows.length > 0;
}

/** Everybody a task can fall to (rule 4): for many draws at once. */
export async function listEligible(db: Db): Promise<string[]> {
  // One value, not a row each: a reassignment asks anew for every batch.
  const { rows } = await sql<{ ids: string[] | null }>`
    select json_agg(id order by id) as ids from user_copy where ${isEligible}`.execute(db);
  return rows[0]?.ids ?? [];
}

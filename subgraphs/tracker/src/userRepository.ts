import type { Random } from '@ates/kit/process/clock';
import { type Kysely, sql, type Transaction } from 'kysely';
import { drawOneOf } from './domain/draw.ts';
import type { TrackerTables } from './tables.ts';

type Db = Kysely<TrackerTables>;

const isEligible = sql`active and role not in ('MANAGER', 'ADMIN')`;

/** Draws one eligible user, each with the same probability (rule 4); undefined where there is none. */
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
    // There are fewer eligible users than a moment ago: draw again among the rest.
  }
  throw new Error('in each of 10 tries, the number of eligible users fell between the count and the draw');
}

/** True where there is an eligible user (rule 4). */
export async function isAnyoneEligible(trx: Transaction<TrackerTables>): Promise<boolean> {
  const { rows } = await sql`select from user_copy where ${isEligible} limit 1`.execute(trx);
  return rows.length > 0;
}

/** Lists the eligible users (rule 4), for many draws at once. */
export async function listEligible(db: Db): Promise<string[]> {
  // One value, not a row per user: a reassignment reads the list again for every batch.
  const { rows } = await sql<{ ids: string[] | null }>`
    select json_agg(id order by id) as ids from user_copy where ${isEligible}`.execute(db);
  return rows[0]?.ids ?? [];
}

import { bigints, idArray, rowsOf, uuids } from '@ates/kit/database/rows';
import { type Kysely, sql } from 'kysely';
import type { Price } from './domain/price.ts';
import type { AccountingTables } from './tables.ts';

type Db = Kysely<AccountingTables>;

/** Returns the stored prices. They are read as columns, which takes a third of the work of a thousand rows. */
export async function findPrices(db: Db, taskIds: readonly string[]): Promise<Price[]> {
  const { rows } = await sql<{ prices: PriceColumns | null }>`
    select json_build_object('taskId', json_agg(task_id), 'feeCents', json_agg(fee_cents),
      'rewardCents', json_agg(reward_cents)) as prices
    from task_price where task_id = any(${idArray(taskIds)})`.execute(db);
  const { taskId, feeCents, rewardCents } = rows[0]?.prices ?? {};
  return (taskId ?? []).map((id, at) => ({
    taskId: id,
    feeCents: feeCents?.[at] as number,
    rewardCents: rewardCents?.[at] as number,
  }));
}

type PriceColumns = { taskId?: string[] | null; feeCents?: number[] | null; rewardCents?: number[] | null };

/**
 * Stores the prices of tasks that have none. Returns true where all were stored; otherwise the prices that are in the
 * database count.
 * @param prices in the order of the tasks' ids, so that two transactions cannot deadlock
 */
export async function insertPrices(db: Db, prices: readonly Price[]): Promise<boolean> {
  const rows = rowsOf({
    task_id: uuids(prices.map((price) => price.taskId)),
    fee_cents: bigints(prices.map((price) => price.feeCents)),
    reward_cents: bigints(prices.map((price) => price.rewardCents)),
  });
  const { numAffectedRows } = await sql`
    insert into task_price (${rows.names}) select ${rows.values} from ${rows.from}
    on conflict (task_id) do nothing`.execute(db);
  return numAffectedRows === BigInt(prices.length);
}

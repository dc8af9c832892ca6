import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import type { Kysely } from 'kysely';
import type { Company } from '../domain/company.ts';
import { drawPrice, type Price } from '../domain/price.ts';
import { findPrices, insertPrices } from '../priceRepository.ts';
import type { AccountingTables } from '../tables.ts';

/**
 * Returns the prices of tasks, which are fixed when they are first shown or charged (rule 7). Missing prices are drawn
 * and stored; where another transaction stores one first, that one counts. Runs inside a transaction or without one.
 */
export async function fixPrices(
  db: Kysely<AccountingTables>,
  priceKey: string,
  taskIds: readonly string[],
): Promise<Map<string, Price>> {
  const wanted = [...new Set(taskIds)];
  const prices = new Map<string, Price>();
  const keep = (some: readonly Price[]) => {
    for (const price of some) prices.set(price.taskId, price);
  };
  const lacking = () => wanted.filter((taskId) => !prices.has(taskId)).sort();
  keep(await findPrices(db, wanted));
  if (prices.size < wanted.length) {
    const drawn = lacking().map((taskId) => drawPrice(priceKey, taskId));
    keep((await insertPrices(db, drawn)) ? drawn : await findPrices(db, lacking()));
  }
  if (prices.size < wanted.length) throw new Error(`no price was stored for ${lacking().join(', ')}`);
  return prices;
}

/** Fixes the prices of new tasks. */
export async function fixPricesOfNewTasks(
  { trx }: UnitOfWork<AccountingTables>,
  facts: Columns<typeof tasksCreated>,
  { company }: { company: Company },
): Promise<void> {
  await fixPrices(trx, company.priceKey, facts.taskId);
}

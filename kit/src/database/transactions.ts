import { type Kysely, sql, type Transaction } from 'kysely';
import { isOutdatedPlan } from './boundedClient.ts';

/**
 * Allows the statements of this transaction more time than the pool's bound, in milliseconds, on the server and, through
 * `boundedClient`, on the client.
 */
export async function allowLongStatements<Tables>(
  trx: Transaction<Tables>,
  timeoutMs: number,
): Promise<void> {
  await sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`.execute(trx);
}

/**
 * A transaction selects this once to make its statements join by indexes; it ends with the transaction. Plans are kept per
 * connection: without it, a plan made while a table was small would go on scanning the whole table.
 */
export const joinsByIndex = sql`set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`;

const maxTransactionTries = 5;

/**
 * Runs one transaction (READ COMMITTED), again where it failed in a way that may not repeat. Use cases call
 * `ServiceDatabase.transact` instead, which gives them a unit of work.
 */
export async function inTransaction<Tables, Result>(
  db: Kysely<Tables>,
  run: (trx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(run);
    } catch (error) {
      if (tries >= maxTransactionTries || !mayBeTriedAgain(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * tries));
    }
  }
}

/** True for a serialisation failure, a deadlock, and a plan that is out of date after a migration. */
const mayBeTriedAgain = (error: unknown): boolean =>
  ['40001', '40P01'].includes(sqlState(error) ?? '') || isOutdatedPlan(error);

/** Returns the SQLSTATE of an error of PostgreSQL; undefined for other errors. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

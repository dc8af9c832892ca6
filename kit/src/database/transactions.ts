import { type Kysely, sql, type Transaction } from 'kysely';
import { isOutdatedPlan } from './boundedClient.ts';

/**
 * Lets the statements of this transaction take longer than the pool lets others, in milliseconds: on the server, and
 * on the client, which reads along.
 */
export async function allowLongStatements<Tables>(
  trx: Transaction<Tables>,
  timeoutMs: number,
): Promise<void> {
  await sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`.execute(trx);
}

/**
 * What a transaction selects once so that its statements join by indexes, as they are meant to; for this transaction
 * only. A plan is kept per connection: one made while a table was small would scan it from end to end ever after.
 */
export const joinsByIndex = sql`set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`;

const maxTransactionTries = 5;

/**
 * Runs one transaction (READ COMMITTED). What changed nothing and may succeed the next time is tried again. Use cases
 * use `ServiceDatabase.transact`, which gives them a unit of work.
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

/** True for a serialisation failure, a deadlock, and a plan that a migration has made out of date. */
const mayBeTriedAgain = (error: unknown): boolean =>
  ['40001', '40P01'].includes(sqlState(error) ?? '') || isOutdatedPlan(error);

/** The SQLSTATE of an error that PostgreSQL raised. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

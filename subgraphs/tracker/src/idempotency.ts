import { createHash } from 'node:crypto';
import { Refusal } from '@ates/kit/process/refusal';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { TrackerTables } from './tables.ts';

/** How long a key is remembered, in days. */
export const idempotencyDays = 30;

/**
 * Claims an idempotency key for the result that is about to be made, or hands back the id of the one it made before.
 * Keys count per user and mutation. Claimed in the caller's transaction, so a refused call does not use up its key;
 * two at once wait for each other.
 * @throws Refusal CONFLICT where the key was used with other arguments; BAD_USER_INPUT where it is not a key.
 */
export async function claimIdempotencyKey(
  trx: Transaction<TrackerTables>,
  claim: { userId: string; mutation: string; key: string; arguments: unknown; resultId: string; now: Date },
): Promise<{ madeBefore: string } | null> {
  if (claim.key.trim() === '' || claim.key.length > 200 || claim.key.includes('\0')) {
    throw new Refusal('BAD_USER_INPUT', 'An idempotency key has 1 to 200 characters, none of them a NUL.');
  }
  const argumentsHash = createHash('sha256').update(JSON.stringify(claim.arguments)).digest('hex');
  const forgotten = new Date(claim.now.getTime() - idempotencyDays * 86_400_000);
  const { rows } = await sql`
    insert into idempotency_key as k (user_id, mutation, key, arguments_hash, result_id, created_at)
    values (${claim.userId}, ${claim.mutation}, ${claim.key}, ${argumentsHash}, ${claim.resultId}, ${claim.now})
    on conflict (user_id, mutation, key) do update set
      arguments_hash = excluded.arguments_hash, result_id = excluded.result_id, created_at = excluded.created_at
    where k.created_at < ${forgotten}
    returning 1`.execute(trx);
  if (rows.length > 0) return null;
  const known = await trx
    .selectFrom('idempotency_key')
    .select(['arguments_hash', 'result_id'])
    .where('user_id', '=', claim.userId)
    .where('mutation', '=', claim.mutation)
    .where('key', '=', claim.key)
    .executeTakeFirstOrThrow();
  if (known.arguments_hash !== argumentsHash) {
    throw new Refusal(
      'CONFLICT',
      'This idempotency key was used with other arguments. Use a new key for a new call.',
    );
  }
  return { madeBefore: known.result_id };
}

/** Forgets keys that have run out. */
export async function purgeIdempotencyKeys(db: Kysely<TrackerTables>, now: Date): Promise<void> {
  await db
    .deleteFrom('idempotency_key')
    .where('created_at', '<', new Date(now.getTime() - idempotencyDays * 86_400_000))
    .execute();
}

import { createHash } from 'node:crypto';
import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { Refusal } from '@ates/kit/process/refusal';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { TrackerTables } from './tables.ts';

/** How long a key is remembered, in days. */
export const idempotencyDays = 30;

/** A call that its caller may repeat. */
export interface RepeatableCall {
  readonly userId: string;
  readonly mutation: 'createTask' | 'reassignTasks';
  readonly arguments: unknown;
  /** The caller's key; null for a call that is not to be repeated. */
  readonly key: string | null;
}

/**
 * Returns the result of an earlier call with this key. Where there is none, it claims the key for `resultId` and
 * returns undefined, and the caller makes the result. Keys count per user and mutation. The key is claimed in the
 * caller's transaction, so a refused call does not use it up; of two calls at once, one waits for the other.
 * @param find finds results by their ids
 * @throws Refusal CONFLICT where the key was used with other arguments; BAD_USER_INPUT where it is not a valid key.
 */
export async function findEarlierResult<Result>(
  { trx, now }: UnitOfWork<TrackerTables>,
  call: RepeatableCall,
  resultId: string,
  find: (trx: Transaction<TrackerTables>, ids: readonly string[]) => Promise<Result[]>,
): Promise<Result | undefined> {
  const { userId, mutation, key } = call;
  if (key === null) return undefined;
  if (key.trim() === '' || key.length > 200 || key.includes('\0')) {
    throw new Refusal('BAD_USER_INPUT', 'An idempotency key has 1 to 200 characters, none of them a NUL.');
  }
  const argumentsHash = createHash('sha256').update(JSON.stringify(call.arguments)).digest('hex');
  const forgotten = new Date(now.getTime() - idempotencyDays * 86_400_000);
  const { rows } = await sql`
    insert into idempotency_key as k (user_id, mutation, key, arguments_hash, result_id, created_at)
    values (${userId}, ${mutation}, ${key}, ${argumentsHash}, ${resultId}, ${now})
    on conflict (user_id, mutation, key) do update set
      arguments_hash = excluded.arguments_hash, result_id = excluded.result_id, created_at = excluded.created_at
    where k.created_at < ${forgotten}
    returning 1`.execute(trx);
  if (rows.length > 0) return undefined;
  const known = await trx
    .selectFrom('idempotency_key')
    .select(['arguments_hash', 'result_id'])
    .where('user_id', '=', userId)
    .where('mutation', '=', mutation)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  if (known.arguments_hash !== argumentsHash) {
    throw new Refusal(
      'CONFLICT',
      'This idempotency key was used with other arguments. Use a new key for a new call.',
    );
  }
  const [result] = await find(trx, [known.result_id]);
  // Without this, the caller would make a second one.
  if (!result)
    throw new Error(`${mutation} made ${known.result_id} with this idempotency key, and it is gone`);
  return result;
}

/** Deletes expired keys. */
export async function purgeIdempotencyKeys(db: Kysely<TrackerTables>, now: Date): Promise<void> {
  await db
    .deleteFrom('idempotency_key')
    .where('created_at', '<', new Date(now.getTime() - idempotencyDays * 86_400_000))
    .execute();
}

import type { Clock } from '@ates/kit/clock';
import type { Kysely } from 'kysely';
import { hashBeakShape } from '../beakHash.ts';
import { parseBeakShape, type User } from '../domain/user.ts';
import { endSessionsOf, updateBeakHash } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/**
 * Replaces a forgotten beak shape and ends the user's sessions (rule 2, admins). The secret is nobody else's
 * business: no version, no event.
 * @throws Refusal NOT_FOUND, BAD_USER_INPUT.
 */
export async function resetBeakShape(
  db: Kysely<AuthTables>,
  clock: Clock,
  userId: string,
  beakShape: string,
): Promise<User> {
  const beakHash = await hashBeakShape(parseBeakShape(beakShape));
  return changeUser(db, clock, userId, async (user, trx) => {
    await updateBeakHash(trx, user.id, beakHash);
    await endSessionsOf(trx, user.id, clock.now());
    return {};
  });
}

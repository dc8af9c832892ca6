import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { hashBeakShape } from '../beakHash.ts';
import { parseBeakShape, type User } from '../domain/user.ts';
import { endSessionsOf, updateBeakHash } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/**
 * Replaces a forgotten beak shape and ends the user's sessions (rule 2, admins). No other service needs the secret,
 * so there is no new version and no event.
 * @throws Refusal NOT_FOUND where there is no such user; BAD_USER_INPUT where the beak shape is refused.
 */
export async function resetBeakShape(
  database: ServiceDatabase<AuthTables>,
  userId: string,
  beakShape: string,
): Promise<User> {
  const beakHash = await hashBeakShape(parseBeakShape(beakShape));
  return changeUser(database, userId, async (user, work) => {
    await updateBeakHash(work.trx, user.id, beakHash);
    await endSessionsOf(work.trx, user.id, work.readClock());
    return {};
  });
}

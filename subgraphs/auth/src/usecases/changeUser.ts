import type { ServiceDatabase, UnitOfWork } from '@ates/kit/database/unitOfWork';
import { isId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import type { User } from '../domain/user.ts';
import { publishUser } from '../events.ts';
import { lockUser, updateUser } from '../repository.ts';
import type { AuthTables } from '../tables.ts';

/**
 * Does what every change of a user needs: lock and read, decide, write with the next version, publish the event. A
 * change without an effect makes no version and no event.
 * @throws Refusal NOT_FOUND where there is no such user; BAD_USER_INPUT where `userId` is no id; what `decide`
 * throws.
 */
export async function changeUser(
  database: ServiceDatabase<AuthTables>,
  userId: string,
  decide: (user: User, work: UnitOfWork<AuthTables>) => Partial<User> | Promise<Partial<User>>,
): Promise<User> {
  if (!isId(userId)) throw new Refusal('BAD_USER_INPUT', `"${userId}" is not a user's id.`);
  return database.transact(async (work) => {
    const { trx } = work;
    const user = await lockUser(trx, userId);
    if (!user) throw new Refusal('NOT_FOUND', `There is no user ${userId}.`);
    const change = await decide(user, work);
    const isSame = Object.entries(change).every(([field, value]) => user[field as keyof User] === value);
    if (isSame) return user;
    const changed = { ...user, ...change, version: user.version + 1 };
    await updateUser(trx, changed);
    await publishUser(work, changed);
    return changed;
  });
}

import type { ServiceDatabase, UnitOfWork } from '@ates/kit/database/unitOfWork';
import { isId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import type { User } from '../domain/user.ts';
import { publishUser } from '../events.ts';
import { lockUser, updateUser } from '../repository.ts';
import type { AuthTables } from '../tables.ts';

/**
 * What every change of a user has in common: lock and read, decide, write with the next version, tell the others.
 * A change that changes nothing makes no version and no event.
 * @throws Refusal NOT_FOUND, BAD_USER_INPUT, and whatever `decide` refuses.
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

import type { Caller } from '@ates/kit/graph/caller';
import { isId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import type { Role } from '@ates/schema/access';
import { type Account, emptyAccount } from '../domain/account.ts';

/** Finds an account by its id; null where accounting does not know it. */
export type FindAccount = (id: string) => Promise<Account | null>;

/** True for accountants and admins, who may read everyone's account ('Who may read what'). */
const mayReadEveryones = (caller: Caller<Role>) => caller.role === 'ACCOUNTANT' || caller.role === 'ADMIN';

/** Returns the caller's own account, which everyone has (rule 9). */
export async function readOwnAccount(caller: Caller<Role>, find: FindAccount): Promise<Account> {
  return (await find(caller.userId)) ?? emptyAccount(caller.userId);
}

/**
 * Returns an account; null where there is none with this id.
 * @throws Refusal BAD_USER_INPUT; FORBIDDEN for another user's account, unless for accountants and admins.
 */
export async function readAccount(
  caller: Caller<Role>,
  given: string,
  find: FindAccount,
): Promise<Account | null> {
  if (!isId(given)) throw new Refusal('BAD_USER_INPUT', `"${given}" is not an account's id.`);
  const id = given.toLowerCase();
  if (id === caller.userId) return readOwnAccount(caller, find);
  if (!mayReadEveryones(caller))
    throw new Refusal('FORBIDDEN', 'Only its owner, accountants and admins may read an account.');
  return find(id);
}

/** Returns a user's account as a field of the user; null, which is no error, where the caller may not read it. */
export async function readAccountOfUser(
  caller: Caller<Role> | null,
  userId: string,
  find: FindAccount,
): Promise<Account | null> {
  if (!caller || (caller.userId !== userId && !mayReadEveryones(caller))) return null;
  return (await find(userId)) ?? emptyAccount(userId);
}

import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { newId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import type { Role } from '@ates/schema/access';
import { hashBeakShape } from '../beakHash.ts';
import { parseBeakShape, parseEmail, parseLogin, parseName, type User } from '../domain/user.ts';
import { publishUser } from '../events.ts';
import { insertUser } from '../repository.ts';
import type { AuthTables } from '../tables.ts';

/** The input for a new account. */
export interface NewAccount {
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly beakShape: string;
}

/** Checks the input and makes a user from it, with the hash of the beak's shape. */
export async function newUser(account: NewAccount, now: Date): Promise<{ user: User; beakHash: string }> {
  const user: User = {
    id: newId(),
    login: parseLogin(account.login),
    name: parseName(account.name),
    email: parseEmail(account.email),
    role: account.role,
    active: true,
    version: 1,
    createdAt: now,
  };
  return { user, beakHash: await hashBeakShape(parseBeakShape(account.beakShape)) };
}

/**
 * Makes an account (rule 2, admins). Its ledger account follows by event.
 * @throws Refusal BAD_USER_INPUT where the input is wrong; CONFLICT where the login is taken.
 */
export async function createAccount(
  database: ServiceDatabase<AuthTables>,
  account: NewAccount,
): Promise<User> {
  const { user, beakHash } = await newUser(account, database.clock.now());
  return database.transact(async (work) => {
    if (!(await insertUser(work.trx, user, beakHash))) {
      throw new Refusal('CONFLICT', `The login "${user.login}" is taken. Choose another.`);
    }
    await publishUser(work, user);
    return user;
  });
}

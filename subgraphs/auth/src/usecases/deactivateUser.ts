import type { Clock } from '@ates/kit/clock';
import type { Kysely } from 'kysely';
import { refuseToLoseLastAdmin, type User } from '../domain/user.ts';
import { countOtherActiveAdmins, endSessionsOf } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/**
 * Deactivates a user and ends their sessions (rule 2, admins). Their open tasks stay until the next reassignment.
 * @throws Refusal NOT_FOUND; CONFLICT where it is the last active admin.
 */
export function deactivateUser(db: Kysely<AuthTables>, clock: Clock, userId: string): Promise<User> {
  return changeUser(db, clock, userId, async (user, trx) => {
    refuseToLoseLastAdmin(user, await countOtherActiveAdmins(trx, user.id), false);
    await endSessionsOf(trx, user.id, clock.now());
    return { active: false };
  });
}

import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { refuseToLoseLastAdmin, type User } from '../domain/user.ts';
import { countOtherActiveAdmins, endSessionsOf } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/**
 * Deactivates a user and ends their sessions (rule 2, admins). Their open tasks stay until the next reassignment.
 * @throws Refusal NOT_FOUND where there is no such user; CONFLICT where it is the last active admin.
 */
export function deactivateUser(database: ServiceDatabase<AuthTables>, userId: string): Promise<User> {
  return changeUser(database, userId, async (user, work) => {
    refuseToLoseLastAdmin(user, await countOtherActiveAdmins(work.trx, user.id), false);
    await endSessionsOf(work.trx, user.id, work.readClock());
    return { active: false };
  });
}

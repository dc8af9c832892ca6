import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import type { Role } from '@ates/schema/access';
import { refuseToLoseLastAdmin, type User } from '../domain/user.ts';
import { countOtherActiveAdmins } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/**
 * Gives a user another role (rule 2, admins). The sessions go on, with the new role.
 * @throws Refusal NOT_FOUND where there is no such user; CONFLICT where the last active admin would be demoted.
 */
export function changeRole(database: ServiceDatabase<AuthTables>, userId: string, role: Role): Promise<User> {
  return changeUser(database, userId, async (user, { trx }) => {
    refuseToLoseLastAdmin(user, await countOtherActiveAdmins(trx, user.id), role === 'ADMIN');
    return { role };
  });
}

import type { Clock } from '@ates/kit/clock';
import type { Role } from '@ates/schema/access';
import type { Kysely } from 'kysely';
import { refuseToLoseLastAdmin, type User } from '../domain/user.ts';
import { countOtherActiveAdmins } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/**
 * Gives a user another role (rule 2, admins). Sessions go on, in the new role.
 * @throws Refusal NOT_FOUND; CONFLICT where the last active admin would be demoted.
 */
export function changeRole(db: Kysely<AuthTables>, clock: Clock, userId: string, role: Role): Promise<User> {
  return changeUser(db, clock, userId, async (user, trx) => {
    refuseToLoseLastAdmin(user, await countOtherActiveAdmins(trx, user.id), role === 'ADMIN');
    return { role };
  });
}

import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import type { User } from '../domain/user.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/** Lets a deactivated user in again (rule 2, admins). @throws Refusal NOT_FOUND where there is no such user. */
export const reactivateUser = (database: ServiceDatabase<AuthTables>, userId: string): Promise<User> =>
  changeUser(database, userId, () => ({ active: true }));

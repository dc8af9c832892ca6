import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { parseEmail, type User } from '../domain/user.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/**
 * Corrects a user's e-mail address (rule 2, admins).
 * @throws Refusal NOT_FOUND where there is no such user; BAD_USER_INPUT where the address is not one.
 */
export const changeEmail = (
  database: ServiceDatabase<AuthTables>,
  userId: string,
  email: string,
): Promise<User> => changeUser(database, userId, () => ({ email: parseEmail(email) }));

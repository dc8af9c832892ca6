import type { Clock } from '@ates/kit/clock';
import type { Kysely } from 'kysely';
import { parseEmail, type User } from '../domain/user.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/** Corrects a user's e-mail address (rule 2, admins). @throws Refusal NOT_FOUND, BAD_USER_INPUT. */
export const changeEmail = (
  db: Kysely<AuthTables>,
  clock: Clock,
  userId: string,
  email: string,
): Promise<User> => changeUser(db, clock, userId, () => ({ email: parseEmail(email) }));

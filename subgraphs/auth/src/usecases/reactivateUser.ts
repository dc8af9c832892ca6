import type { Clock } from '@ates/kit/clock';
import type { Kysely } from 'kysely';
import type { User } from '../domain/user.ts';
import type { AuthTables } from '../tables.ts';
import { changeUser } from './changeUser.ts';

/** Lets a deactivated user in again (rule 2, admins). @throws Refusal NOT_FOUND. */
export const reactivateUser = (db: Kysely<AuthTables>, clock: Clock, userId: string): Promise<User> =>
  changeUser(db, clock, userId, () => ({ active: true }));

import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { upsertUserCopies } from '@ates/kit/database/userCopies';
import type { Columns } from '@ates/schema/event';
import type { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import type { AnalyticsTables } from '../tables.ts';

/** Updates analytics' copy of the users; the newest version of each counts (rule 2). */
export async function applyUsersChanged(
  { trx }: UnitOfWork<AnalyticsTables>,
  users: Columns<typeof usersChanged>,
): Promise<void> {
  await upsertUserCopies(trx, users);
}

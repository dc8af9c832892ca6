import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { upsertUserCopies } from '@ates/kit/database/userCopies';
import type { Columns } from '@ates/schema/event';
import type { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import type { TrackerTables } from '../tables.ts';

/** Updates tracker's copy of the users; the newest version of each counts (rule 2). */
export async function applyUsersChanged(
  { trx }: UnitOfWork<TrackerTables>,
  users: Columns<typeof usersChanged>,
): Promise<void> {
  await upsertUserCopies(trx, users);
}

import { texts } from '@ates/kit/database/rows';
import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { upsertUserCopies } from '@ates/kit/database/userCopies';
import type { Columns } from '@ates/schema/event';
import type { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import { ensureAccounts } from '../ledgerRepository.ts';
import type { AccountingTables } from '../tables.ts';

/** Updates accounting's copy of the users, of which the newest version counts (rule 2), and opens accounts (rule 9). */
export async function applyUsersChanged(
  { trx }: UnitOfWork<AccountingTables>,
  users: Columns<typeof usersChanged>,
): Promise<void> {
  await upsertUserCopies(trx, users, { name: texts(users.name), email: texts(users.email) });
  await ensureAccounts(trx, users.userId);
}

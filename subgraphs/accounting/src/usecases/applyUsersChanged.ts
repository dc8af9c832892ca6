import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import { ensureAccounts } from '../ledgerRepository.ts';
import { type UserCopy, upsertUsers } from '../repository.ts';
import type { AccountingTables } from '../tables.ts';

/** Keeps accounting's copy of users, the newest version of each (rule 2), and opens their accounts (rule 9). */
export async function applyUsersChanged(
  { trx }: UnitOfWork<AccountingTables>,
  facts: Columns<typeof usersChanged>,
): Promise<void> {
  const newest = new Map<string, UserCopy>();
  facts.userId.forEach((id, at) => {
    const version = facts.version[at]!;
    if ((newest.get(id)?.version ?? 0) >= version) return;
    newest.set(id, {
      id,
      version,
      name: facts.name[at]!,
      email: facts.email[at]!,
      role: facts.role[at]!,
      active: facts.active[at]!,
    });
  });
  // In one order everywhere, so that two transactions never wait for each other in a circle.
  const users = [...newest.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  await upsertUsers(trx, users);
  await ensureAccounts(
    trx,
    users.map((user) => user.id),
  );
}

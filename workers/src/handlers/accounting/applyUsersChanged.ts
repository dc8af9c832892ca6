import type { AccountingTables } from '@ates/accounting/tables';
import { applyUsersChanged } from '@ates/accounting/usecases/applyUsersChanged';
import { onEvent } from '@ates/kit/inbox';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';

/** Everybody has an account from the moment they exist (rule 9). */
export const applyUsersChangedToAccounting = onEvent<AccountingTables, typeof usersChanged>(
  usersChanged,
  (work, users) => applyUsersChanged(work, users),
);

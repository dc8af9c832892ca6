import type { AnalyticsTables } from '@ates/analytics/tables';
import { applyUsersChanged } from '@ates/analytics/usecases/applyUsersChanged';
import { onEvent } from '@ates/kit/inbox';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';

/** Analytics' copy of the users follows auth's. */
export const applyUsersChangedToAnalytics = onEvent<AnalyticsTables, typeof usersChanged>(
  usersChanged,
  (work, users) => applyUsersChanged(work, users),
);

import { onEvent } from '@ates/kit/inbox';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import type { TrackerTables } from '@ates/tracker/tables';
import { applyUsersChanged } from '@ates/tracker/usecases/applyUsersChanged';

/** Tracker's copy of the users follows auth's. */
export const applyUsersChangedToTracker = onEvent<TrackerTables, typeof usersChanged>(
  usersChanged,
  (work, users) => applyUsersChanged(work, users),
);

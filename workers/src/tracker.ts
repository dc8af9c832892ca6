import { onEvent } from '@ates/kit/events/handlers';
import type { ServiceWork } from '@ates/kit/work';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import { purgeIdempotencyKeys } from '@ates/tracker/idempotency';
import { findUnfinished } from '@ates/tracker/reassignmentRepository';
import type { TrackerTables } from '@ates/tracker/tables';
import { applyUsersChanged } from '@ates/tracker/usecases/applyUsersChanged';
import { runReassignmentBatch } from '@ates/tracker/usecases/runReassignmentBatch';
import { checkHandlers, consumersOf } from './routes.ts';
import type { WorkerSettings } from './settings.ts';

/** Tracker's handlers of events. */
export const trackerHandlers = checkHandlers('tracker', [onEvent(usersChanged, applyUsersChanged)]);

/** Tracker's work: updates its copy of the users, and carries out reassignments. */
export const trackerWork: ServiceWork<TrackerTables, WorkerSettings> = {
  name: 'tracker',
  poolSize: 10,
  sendsTo: consumersOf('tracker'),
  open: ({ database, random }) => ({
    consumers: { tracker: trackerHandlers },
    runs: [
      {
        name: 'tracker-reassignments',
        findUnfinished: (stillSince) => findUnfinished(database.db, stillSince),
        runBatch: (id) => runReassignmentBatch(database, random, id),
      },
    ],
    loops: [
      {
        what: "forgetting tracker's old idempotency keys",
        intervalMs: 3_600_000,
        run: () => purgeIdempotencyKeys(database.db, database.clock.now()),
      },
    ],
  }),
};

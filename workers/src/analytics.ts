import type { AnalyticsTables } from '@ates/analytics/tables';
import { applyUsersChanged } from '@ates/analytics/usecases/applyUsersChanged';
import { countAssignments } from '@ates/analytics/usecases/countAssignments';
import { countEntries } from '@ates/analytics/usecases/countEntries';
import { countTasksCreated } from '@ates/analytics/usecases/countTasksCreated';
import { countTasksResolved } from '@ates/analytics/usecases/countTasksResolved';
import { noteDayClosed } from '@ates/analytics/usecases/noteDayClosed';
import { type EventHandler, onEvent } from '@ates/kit/events/handlers';
import type { ServiceWork } from '@ates/kit/work';
import { dayClosed } from '@ates/schema/events/accounting.day_closed.v1';
import { entriesPosted } from '@ates/schema/events/accounting.entries_posted.v1';
import { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import { checkHandlers } from './routes.ts';
import type { WorkerSettings } from './settings.ts';

/**
 * Returns analytics' handlers of events. Payouts are counted by their PAYOUT entries in `entriesPosted`, which have the
 * day. `wagesPaid` is only received, since each delivery needs a receipt.
 * @param zone the company's time zone
 */
export const analyticsHandlers = (zone: string): readonly EventHandler<AnalyticsTables>[] =>
  checkHandlers('analytics', [
    onEvent(usersChanged, applyUsersChanged),
    onEvent(tasksCreated, (work, facts) => countTasksCreated(work, facts, zone)),
    onEvent(tasksAssigned, (work, facts) => countAssignments(work, facts, zone)),
    onEvent(tasksResolved, (work, facts) => countTasksResolved(work, facts, zone)),
    onEvent(entriesPosted, (work, facts) => countEntries(work, facts, zone)),
    onEvent(wagesPaid, async () => undefined),
    onEvent(dayClosed, noteDayClosed),
  ]);

/** Analytics' work: counts what the other services publish. */
export const analyticsWork: ServiceWork<AnalyticsTables, WorkerSettings> = {
  name: 'analytics',
  // Two transactions for each kind of event, and a batch.
  poolSize: 20,
  sendsTo: [],
  open: ({ settings }) => ({ consumers: { analytics: analyticsHandlers(settings.COMPANY_TIME_ZONE) } }),
};

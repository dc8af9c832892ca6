import type { AnalyticsTables } from '@ates/analytics/tables';
import { countTasksResolved } from '@ates/analytics/usecases/countTasksResolved';
import { type EventHandler, onEvent } from '@ates/kit/inbox';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';

/** Resolved tasks count by the calendar day they were resolved on (rule 14). */
export const countTasksResolvedBy = (companyTimeZone: string): EventHandler<AnalyticsTables> =>
  onEvent<AnalyticsTables, typeof tasksResolved>(tasksResolved, (work, facts) =>
    countTasksResolved(work, facts, companyTimeZone),
  );

import type { AnalyticsTables } from '@ates/analytics/tables';
import { countAssignments } from '@ates/analytics/usecases/countAssignments';
import { type EventHandler, onEvent } from '@ates/kit/inbox';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';

/** Assignments count by the calendar day of the draw (rule 14). */
export const countAssignmentsBy = (companyTimeZone: string): EventHandler<AnalyticsTables> =>
  onEvent<AnalyticsTables, typeof tasksAssigned>(tasksAssigned, (work, facts) =>
    countAssignments(work, facts, companyTimeZone),
  );

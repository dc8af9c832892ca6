import type { AnalyticsTables } from '@ates/analytics/tables';
import { countTasksCreated } from '@ates/analytics/usecases/countTasksCreated';
import { type EventHandler, onEvent } from '@ates/kit/inbox';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';

/** New tasks count by the calendar day they were put up (rule 14). */
export const countTasksCreatedBy = (companyTimeZone: string): EventHandler<AnalyticsTables> =>
  onEvent<AnalyticsTables, typeof tasksCreated>(tasksCreated, (work, facts) =>
    countTasksCreated(work, facts, companyTimeZone),
  );

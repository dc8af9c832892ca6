import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import { type AnalyticsTables, factKinds } from '../tables.ts';
import { countByDay } from './countByDay.ts';

/** Counts tasks by the calendar day they were resolved in (rule 14), each task once. */
export async function countTasksResolved(
  work: UnitOfWork<AnalyticsTables>,
  columns: Columns<typeof tasksResolved>,
  timeZone: string,
): Promise<void> {
  const facts = { ids: columns.taskId, occurredAt: columns.occurredAt };
  await countByDay(work, 'resolved', factKinds.taskResolved, facts, timeZone);
}

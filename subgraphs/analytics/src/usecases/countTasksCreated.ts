import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import { type AnalyticsTables, factKinds } from '../tables.ts';
import { countByDay } from './countByDay.ts';

/** Counts tasks by the calendar day they were put up in (rule 14), each task once. */
export async function countTasksCreated(
  work: UnitOfWork<AnalyticsTables>,
  columns: Columns<typeof tasksCreated>,
  timeZone: string,
): Promise<void> {
  const facts = { ids: columns.taskId, occurredAt: columns.occurredAt };
  await countByDay(work, 'created', factKinds.taskCreated, facts, timeZone);
}

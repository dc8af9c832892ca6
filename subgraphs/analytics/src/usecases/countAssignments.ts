import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { type AnalyticsTables, factKinds } from '../tables.ts';
import { countByDay } from './countByDay.ts';

/** Counts assignments by the calendar day of the draw (rule 14): every draw counts, also one for the same person (rule 6). */
export async function countAssignments(
  work: UnitOfWork<AnalyticsTables>,
  columns: Columns<typeof tasksAssigned>,
  timeZone: string,
): Promise<void> {
  const facts = { ids: columns.assignmentId, occurredAt: columns.occurredAt };
  await countByDay(work, 'assignments', factKinds.taskAssigned, facts, timeZone);
}

import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { toColumns } from '@ates/schema/event';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import type { Task } from './domain/task.ts';
import type { AssignedTasks } from './reassignmentRepository.ts';
import type { TrackerTables } from './tables.ts';

type Work = UnitOfWork<TrackerTables>;

/** Publishes a new task and its first assignment. */
export async function publishCreated(work: Work, task: Task): Promise<void> {
  const { id: taskId, title, jiraId, creatorId, assignmentId, assigneeId } = task;
  const occurredAt = task.createdAt.toISOString();
  const created = [{ taskId, title, jiraId, creatorId, occurredAt }];
  await work.append(tasksCreated, toColumns(tasksCreated, created), 'interactive');
  const assigned = [{ assignmentId, taskId, title, jiraId, assigneeId, occurredAt }];
  await work.append(tasksAssigned, toColumns(tasksAssigned, assigned), 'interactive');
}

/** Publishes the assignments of one batch of a reassignment, at most 1,000. */
export async function publishReassigned(work: Work, assigned: AssignedTasks): Promise<void> {
  const moment = work.now.toISOString();
  const columns = { ...assigned, occurredAt: assigned.taskId.map(() => moment) };
  await work.append(tasksAssigned, columns, 'bulk');
}

/** Publishes that a task was resolved. */
export async function publishResolved(work: Work, task: Task): Promise<void> {
  const { id: taskId, title, jiraId, assigneeId } = task;
  const facts = [{ taskId, title, jiraId, assigneeId, occurredAt: work.now.toISOString() }];
  await work.append(tasksResolved, toColumns(tasksResolved, facts), 'interactive');
}

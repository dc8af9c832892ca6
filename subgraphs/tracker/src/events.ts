import { appendEvent, type Lane } from '@ates/kit/outbox';
import { type Columns, toColumns } from '@ates/schema/event';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import type { Transaction } from 'kysely';
import type { Task } from './domain/task.ts';
import { hintOpenTasks } from './live.ts';
import type { TrackerTables } from './tables.ts';

type Trx = Transaction<TrackerTables>;

/** Somebody put up a task, and it fell to somebody. */
export async function publishCreated(trx: Trx, task: Task): Promise<void> {
  const { id: taskId, title, jiraId, creatorId, createdAt } = task;
  const created = [{ taskId, title, jiraId, creatorId, occurredAt: createdAt.toISOString() }];
  await appendEvent(trx, tasksCreated, toColumns(tasksCreated, created), {
    lane: 'interactive',
    now: createdAt,
  });
  const assigned = [
    {
      assignmentId: task.assignmentId,
      taskId,
      title,
      jiraId,
      assigneeId: task.assigneeId,
      occurredAt: createdAt.toISOString(),
    },
  ];
  await publishAssigned(trx, toColumns(tasksAssigned, assigned), 'interactive', createdAt);
}

/** Tasks fell to somebody, at most 1,000 of them: by creation (interactive) or by a batch of a reassignment (bulk). */
export async function publishAssigned(
  trx: Trx,
  facts: Columns<typeof tasksAssigned>,
  lane: Lane,
  now: Date,
): Promise<void> {
  await appendEvent(trx, tasksAssigned, facts, { lane, now });
  // By a reassignment, tasks also leave those who had them.
  hintOpenTasks(trx, lane === 'bulk' ? null : facts.assigneeId, lane);
}

/** An assignee has done their task. */
export async function publishResolved(trx: Trx, task: Task, now: Date): Promise<void> {
  const { id: taskId, title, jiraId, assigneeId } = task;
  const facts = [{ taskId, title, jiraId, assigneeId, occurredAt: now.toISOString() }];
  await appendEvent(trx, tasksResolved, toColumns(tasksResolved, facts), { lane: 'interactive', now });
  hintOpenTasks(trx, [assigneeId], 'interactive');
}

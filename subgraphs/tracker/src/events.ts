import { appendEvent, type Lane } from '@ates/kit/outbox';
import { type Fact, toColumns } from '@ates/schema/event';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import type { Transaction } from 'kysely';
import type { Task } from './domain/task.ts';
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
  await publishAssigned(trx, assigned, 'interactive', createdAt);
}

export async function publishAssigned(
  trx: Trx,
  facts: Fact<typeof tasksAssigned>[],
  lane: Lane,
  now: Date,
): Promise<void> {
  await appendEvent(trx, tasksAssigned, toColumns(tasksAssigned, facts), { lane, now });
}

export async function publishResolved(trx: Trx, task: Task, now: Date): Promise<void> {
  const { id: taskId, title, jiraId, assigneeId } = task;
  const facts = [{ taskId, title, jiraId, assigneeId, occurredAt: now.toISOString() }];
  await appendEvent(trx, tasksResolved, toColumns(tasksResolved, facts), { lane: 'interactive', now });
}

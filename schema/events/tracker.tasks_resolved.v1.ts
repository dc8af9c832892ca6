import { defineEvent } from '../src/event.ts';
import { id, moment, text } from '../src/fields.ts';

/** A task's assignee resolved it and earned its reward (rules 5, 8). Has the texts of the audit log's sentence. */
export const tasksResolved = defineEvent({
  name: 'tracker.tasks_resolved.v1',
  consumers: ['accounting', 'analytics'],
  fact: {
    taskId: id(),
    title: text(),
    jiraId: text().nullable(),
    assigneeId: id(),
    occurredAt: moment(),
  },
});

import { defineEvent } from '../src/event.ts';
import { id, moment, text } from '../src/fields.ts';

/** A draw assigned a task to a user, who is charged its fee (rules 4, 6, 8). Has the audit log's texts. */
export const tasksAssigned = defineEvent({
  name: 'tracker.tasks_assigned.v1',
  consumers: ['accounting', 'analytics'],
  fact: {
    assignmentId: id(),
    taskId: id(),
    title: text(),
    jiraId: text().nullable(),
    assigneeId: id(),
    occurredAt: moment(),
  },
});

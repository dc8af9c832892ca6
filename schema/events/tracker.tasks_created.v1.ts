import { defineEvent } from '../src/event.ts';
import { id, moment, text } from '../src/fields.ts';

/** A user created a task. Its first assignment is a separate fact. */
export const tasksCreated = defineEvent({
  name: 'tracker.tasks_created.v1',
  consumers: ['accounting', 'analytics'],
  fact: {
    taskId: id(),
    title: text(),
    jiraId: text().nullable(),
    creatorId: id(),
    occurredAt: moment(),
  },
});

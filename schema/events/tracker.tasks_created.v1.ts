import { defineEvent } from '../src/event.ts';
import { id, moment, text } from '../src/fields.ts';

/** Somebody put up a task. Its first assignment is a fact of its own. */
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

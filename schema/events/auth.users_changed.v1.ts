import { z } from 'zod';
import { defineEvent } from '../src/event.ts';
import { count, id, moment, role, text } from '../src/fields.ts';

/** A user was created or modified: the whole state and its version, so that the newest wins in any order (rule 2). */
export const usersChanged = defineEvent({
  name: 'auth.users_changed.v1',
  consumers: ['tracker', 'accounting', 'analytics'],
  fact: {
    userId: id(),
    version: count(1),
    name: text(),
    email: text(),
    role: role(),
    active: z.boolean(),
    createdAt: moment(),
    occurredAt: moment(),
  },
});

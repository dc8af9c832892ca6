import type { EventDefinition } from '../src/event.ts';
import { dayClosed } from './accounting.day_closed.v1.ts';
import { entriesPosted } from './accounting.entries_posted.v1.ts';
import { wagesPaid } from './accounting.wages_paid.v1.ts';
import { usersChanged } from './auth.users_changed.v1.ts';
import { tasksAssigned } from './tracker.tasks_assigned.v1.ts';
import { tasksCreated } from './tracker.tasks_created.v1.ts';
import { tasksResolved } from './tracker.tasks_resolved.v1.ts';

/** Every published event version. */
export const allEvents: readonly EventDefinition[] = [
  usersChanged,
  tasksCreated,
  tasksAssigned,
  tasksResolved,
  entriesPosted,
  wagesPaid,
  dayClosed,
];

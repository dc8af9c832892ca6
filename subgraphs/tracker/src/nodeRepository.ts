import { findUserStates } from '@ates/kit/database/userCopies';
import type { Kysely } from 'kysely';
import type { Node } from './domain/node.ts';
import { findReassignments } from './reassignmentRepository.ts';
import type { TrackerTables } from './tables.ts';
import { findTasks } from './taskRepository.ts';

/** Finds the tasks, users and reassignments with these ids. An id does not say whose it is, so each table is asked. */
export async function findNodes(db: Kysely<TrackerTables>, ids: readonly string[]): Promise<Node[]> {
  const [tasks, users, reassignments] = await Promise.all([
    findTasks(db, ids),
    findUserStates(db, ids),
    findReassignments(db, ids),
  ]);
  return [
    ...tasks.map((task) => ({ ...task, __typename: 'Task' as const })),
    ...users.map(({ id }) => ({ id, __typename: 'User' as const })),
    ...reassignments.map((run) => ({ ...run, __typename: 'Reassignment' as const })),
  ];
}

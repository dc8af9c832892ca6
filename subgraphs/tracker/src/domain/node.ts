import type { Reassignment } from './reassignment.ts';
import type { Task, UserReference } from './task.ts';

/** What the query `node` finds, with the name of its type in the graph. */
export type Node =
  | (Task & { readonly __typename: 'Task' })
  | (UserReference & { readonly __typename: 'User' })
  | (Reassignment & { readonly __typename: 'Reassignment' });

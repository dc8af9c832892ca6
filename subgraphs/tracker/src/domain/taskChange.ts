/** The open tasks of a user, as a live view reads them. */
export interface OpenTasks {
  readonly userId: string;
  readonly count: number;
  /** Computed from the tasks' current assignments: it changes where any of them changes. */
  readonly fingerprint: string;
  /** The current assignment of each task, by task id, newest first; null where there are more than `watchedTasks`. */
  readonly tasks: ReadonlyMap<string, string> | null;
}

/** A change of a user's open tasks. The resolver looks up why a task that is GONE has gone. */
export type TaskChange =
  | { readonly kind: 'RELOAD' }
  | { readonly kind: 'ASSIGNED_TO_ME'; readonly taskId: string }
  | { readonly kind: 'GONE'; readonly taskId: string; readonly userId: string };

/**
 * The most open tasks of a user that are watched one by one. A user with more gets RELOAD: during a reassignment,
 * reading a hundred ids for each of 200 users every second took longer than everything else that they cost.
 */
export const watchedTasks = 40;

/** The most changes that are sent one by one; with more at once, the client does better to read the list. */
const maxChanges = 10;

const reload: readonly TaskChange[] = [{ kind: 'RELOAD' }];

/** Returns the changes since `told`; RELOAD where they are too many or were not watched one by one. */
export function changesOf(told: OpenTasks | undefined, now: OpenTasks): readonly TaskChange[] {
  if (!told) return reload;
  if (told.count === now.count && told.fingerprint === now.fingerprint) return [];
  if (!told.tasks || !now.tasks) return reload;
  const changes: TaskChange[] = [];
  // Oldest first, in the order of assignment.
  for (const [taskId, assignmentId] of [...now.tasks].reverse())
    if (told.tasks.get(taskId) !== assignmentId) changes.push({ kind: 'ASSIGNED_TO_ME', taskId });
  for (const taskId of told.tasks.keys())
    if (!now.tasks.has(taskId)) changes.push({ kind: 'GONE', taskId, userId: now.userId });
  return changes.length <= maxChanges ? changes : reload;
}

/** What somebody has to do, as far as it is watched. */
export interface OpenTasks {
  readonly userId: string;
  readonly count: number;
  /** Made of the assignments that the tasks are held by: another where any of them is another. */
  readonly fingerprint: string;
  /** The tasks, the newest first, by id, with those assignments; null where there are more than are watched. */
  readonly tasks: ReadonlyMap<string, string> | null;
}

/** Something that happened to somebody's list of open tasks; what exactly became of one that has gone is looked up. */
export type TaskChange =
  | { readonly kind: 'RELOAD' }
  | { readonly kind: 'ASSIGNED_TO_ME'; readonly taskId: string }
  | { readonly kind: 'GONE'; readonly taskId: string; readonly userId: string };

/**
 * Up to how many open tasks of somebody are watched one by one. Whoever has more is told to read the list: beside a
 * reassignment, reading a hundred ids for each of 200 watchers every second took longer than all else that they cost.
 */
export const watchedTasks = 40;

/** How many changes are told one by one; with more at once, whoever listens is better off reading the list. */
const maxChanges = 10;

const reload: readonly TaskChange[] = [{ kind: 'RELOAD' }];

/** What changed since somebody was told; RELOAD where that is too much, or cannot be seen one by one. */
export function changesOf(told: OpenTasks | undefined, now: OpenTasks): readonly TaskChange[] {
  if (!told) return reload;
  if (told.count === now.count && told.fingerprint === now.fingerprint) return [];
  if (!told.tasks || !now.tasks) return reload;
  const changes: TaskChange[] = [];
  // The oldest first, as they came.
  for (const [taskId, assignmentId] of [...now.tasks].reverse())
    if (told.tasks.get(taskId) !== assignmentId) changes.push({ kind: 'ASSIGNED_TO_ME', taskId });
  for (const taskId of told.tasks.keys())
    if (!now.tasks.has(taskId)) changes.push({ kind: 'GONE', taskId, userId: now.userId });
  return changes.length <= maxChanges ? changes : reload;
}

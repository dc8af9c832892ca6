/** What somebody has to do, as far as it is watched. */
export interface OpenTasks {
  readonly userId: string;
  /** Their newest open tasks, the newest first, by id, with the assignment that each is held by. */
  readonly newest: ReadonlyMap<string, string>;
  readonly count: number;
}

/** Something that happened to somebody's list of open tasks; what exactly became of one that has gone is looked up. */
export type TaskChange =
  | { readonly kind: 'RELOAD' }
  | { readonly kind: 'ASSIGNED_TO_ME'; readonly taskId: string }
  | { readonly kind: 'GONE'; readonly taskId: string; readonly userId: string };

/** How many of somebody's open tasks are watched one by one. */
export const watchedTasks = 100;

/** How many changes are told one by one; with more at once, whoever listens is better off reading the list. */
const maxChanges = 10;

const reload: readonly TaskChange[] = [{ kind: 'RELOAD' }];

/** What changed since somebody was told; RELOAD where that is too much, or cannot be seen one by one. */
export function changesOf(told: OpenTasks | undefined, now: OpenTasks): readonly TaskChange[] {
  if (!told) return reload;
  const changes: TaskChange[] = [];
  // The oldest first, as they came.
  for (const [taskId, assignmentId] of [...now.newest].reverse())
    if (told.newest.get(taskId) !== assignmentId) changes.push({ kind: 'ASSIGNED_TO_ME', taskId });
  for (const taskId of told.newest.keys())
    if (!now.newest.has(taskId)) changes.push({ kind: 'GONE', taskId, userId: now.userId });
  if (changes.length === 0 && told.count === now.count) return [];
  const isAllWatched = told.count === told.newest.size && now.count === now.newest.size;
  return isAllWatched && changes.length <= maxChanges ? changes : reload;
}

/** What the tracker and the price list say of one task; nothing here comes from the ledger. */
export interface TaskFacts {
  readonly id: string;
  readonly title: string;
  readonly createdAt: string;
  /** Null while it is open. */
  readonly resolvedAt: string | null;
  readonly assigneeId: string;
  readonly feeCents: number;
  readonly rewardCents: number;
  /** Every one it ever had. */
  readonly assignments: readonly AssignmentFact[];
}

export interface AssignmentFact {
  readonly id: string;
  readonly assigneeId: string;
  /** Null where it came with the task's creation. */
  readonly reassignmentId: string | null;
}

/** What there was before the day began: the day's facts are those that came since. */
export interface FactsBefore {
  /** Tasks that were open. Done ones don't change any more. */
  readonly openTaskIds: ReadonlySet<string>;
  /** Of the open tasks. */
  readonly assignmentIds: ReadonlySet<string>;
}

/** What the day's facts mean for one person. */
export interface PersonSums {
  readonly feesCents: number;
  readonly rewardsCents: number;
  /** One for each entry the ledger must have, as `KIND task amount`, sorted. */
  readonly entries: readonly string[];
}

/** What the day's facts mean for the company. */
export interface ExpectedSums {
  readonly people: ReadonlyMap<string, PersonSums>;
  readonly feesCents: number;
  readonly rewardsCents: number;
  readonly tasksCreated: number;
  readonly tasksResolved: number;
  readonly assignments: number;
  /** The dearest of the tasks resolved, several where they were resolved at the same moment; null where none was. */
  readonly dearest: { readonly rewardCents: number; readonly taskIds: readonly string[] } | null;
}

export const noSums: PersonSums = { feesCents: 0, rewardsCents: 0, entries: [] };

/** A ledger entry as one line, so that two lists of them can be compared whatever their order. */
export const entryLine = (kind: string, taskId: string | null, amountCents: number): string =>
  `${kind} ${taskId ?? '-'} ${amountCents}`;

/** Adds up the day: a fee for each assignment (rule 8), a reward for each task, to whoever held it when it was done. */
export function sumFacts(tasks: readonly TaskFacts[], before: FactsBefore): ExpectedSums {
  const people = new Map<string, { feesCents: number; rewardsCents: number; entries: string[] }>();
  const person = (id: string) => {
    const found = people.get(id) ?? { feesCents: 0, rewardsCents: 0, entries: [] };
    people.set(id, found);
    return found;
  };
  let assignments = 0;
  const resolved: TaskFacts[] = [];
  for (const task of tasks) {
    for (const { id, assigneeId } of task.assignments) {
      if (before.assignmentIds.has(id)) continue;
      assignments++;
      const charged = person(assigneeId);
      charged.feesCents += task.feeCents;
      charged.entries.push(entryLine('ASSIGNMENT_FEE', task.id, -task.feeCents));
    }
    if (task.resolvedAt === null) continue;
    resolved.push(task);
    const rewarded = person(task.assigneeId);
    rewarded.rewardsCents += task.rewardCents;
    rewarded.entries.push(entryLine('COMPLETION_REWARD', task.id, task.rewardCents));
  }
  for (const { entries } of people.values()) entries.sort();
  const sums = [...people.values()];
  return {
    people,
    feesCents: sums.reduce((sum, { feesCents }) => sum + feesCents, 0),
    rewardsCents: sums.reduce((sum, { rewardsCents }) => sum + rewardsCents, 0),
    tasksCreated: tasks.filter(({ id }) => !before.openTaskIds.has(id)).length,
    tasksResolved: resolved.length,
    assignments,
    dearest: dearestOf(resolved),
  };
}

/** Ties go to the earliest (rule 14). */
function dearestOf(resolved: readonly TaskFacts[]): ExpectedSums['dearest'] {
  if (resolved.length === 0) return null;
  const rewardCents = resolved.reduce((most, task) => Math.max(most, task.rewardCents), 0);
  const dear = resolved.filter((task) => task.rewardCents === rewardCents);
  const momentOf = (task: TaskFacts) => Date.parse(task.resolvedAt!);
  const earliest = dear.reduce((least, task) => Math.min(least, momentOf(task)), Number.POSITIVE_INFINITY);
  return {
    rewardCents,
    taskIds: dear.filter((task) => momentOf(task) === earliest).map(({ id }) => id),
  };
}

/** What closing the day does to a balance: a positive one is paid out whole, a negative one is carried (rule 11). */
export function payOut(balanceCents: number): { paidCents: number; balanceCents: number } {
  const paidCents = Math.max(0, balanceCents);
  return { paidCents, balanceCents: balanceCents - paidCents };
}

/** The facts of tracker and the price list about one task; nothing here comes from the ledger. */
export interface TaskFacts {
  readonly id: string;
  readonly title: string;
  readonly createdAt: string;
  /** Null while the task is open. */
  readonly resolvedAt: string | null;
  readonly assigneeId: string;
  readonly feeCents: number;
  readonly rewardCents: number;
  /** Every assignment that the task ever had. */
  readonly assignments: readonly AssignmentFact[];
}

export interface AssignmentFact {
  readonly id: string;
  readonly assigneeId: string;
  /** Null where the assignment was made with the task. */
  readonly reassignmentId: string | null;
}

/** The facts from before the day began: all later ones are the day's. */
export interface FactsBefore {
  /** Tasks that were open. Tasks that are done no longer change. */
  readonly openTaskIds: ReadonlySet<string>;
  /** All assignments of the open tasks. */
  readonly assignmentIds: ReadonlySet<string>;
}

/** The sums of the day's facts for one person. */
export interface PersonSums {
  readonly feesCents: number;
  readonly rewardsCents: number;
  /** A line for each entry that the ledger must have, as `KIND task amount`, sorted. */
  readonly entries: readonly string[];
}

/** The sums of the day's facts for the company. */
export interface ExpectedSums {
  readonly people: ReadonlyMap<string, PersonSums>;
  readonly feesCents: number;
  readonly rewardsCents: number;
  readonly tasksCreated: number;
  readonly tasksResolved: number;
  readonly assignments: number;
  /** The dearest resolved task; several where equals were resolved at the same moment; null where there is none. */
  readonly dearest: { readonly rewardCents: number; readonly taskIds: readonly string[] } | null;
}

export const noSums: PersonSums = { feesCents: 0, rewardsCents: 0, entries: [] };

/** Returns a ledger entry as one line, so that two lists of entries can be compared in any order. */
export const entryLine = (kind: string, taskId: string | null, amountCents: number): string =>
  `${kind} ${taskId ?? '-'} ${amountCents}`;

/** Adds up the day: a fee for each assignment (rule 8), and a reward for each resolved task, to its last assignee. */
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

/** Finds the dearest resolved task. The earliest wins a tie (rule 14). */
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

/** Returns a balance after the day is closed: a positive one is paid out whole, a negative one is carried (rule 11). */
export function payOut(balanceCents: number): { paidCents: number; balanceCents: number } {
  const paidCents = Math.max(0, balanceCents);
  return { paidCents, balanceCents: balanceCents - paidCents };
}

import type { Client } from '../graphqlClient.ts';
import { requestAs, type Session } from '../session.ts';
import type { AssignmentFact, FactsBefore, TaskFacts } from './expectedSums.ts';
import { parseCents } from './money.ts';

/** The facts from before the day began, and the moment that separates later tasks from them. */
export interface TasksBefore extends FactsBefore {
  /** When the newest task of all was made, in milliseconds: by the server's clock, so that no two clocks must agree. */
  readonly newestAt: number;
}

interface Page<Node> {
  nodes: Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}
interface AssignmentNode {
  id: string;
  assignee: { id: string };
  reassignment: { id: string } | null;
}
interface TaskNode {
  id: string;
  title: string;
  createdAt: string;
  resolvedAt: string | null;
  assignee: { id: string };
  assignmentFee: string | null;
  completionReward: string | null;
  assignments: Page<AssignmentNode>;
}

const assignmentFields =
  'nodes { id assignee { id } reassignment { id } } pageInfo { hasNextPage endCursor }';
const tasksDocument = `query Tasks($filter: TaskFilter, $after: String) {
  tasks(filter: $filter, first: 100, after: $after) {
    nodes {
      id title createdAt resolvedAt assignee { id } assignmentFee completionReward
      assignments(first: 20) { ${assignmentFields} }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;
const assignmentsDocument = `query Assignments($id: ID!, $after: String) {
  task(id: $id) { assignments(first: 200, after: $after) { ${assignmentFields} } }
}`;
const newestDocument = 'query Newest { tasks(first: 1) { nodes { createdAt } } }';

/** Reads the facts from before the day. */
export async function noteTasks(client: Client, session: Session): Promise<TasksBefore> {
  const { tasks: newest } = await requestAs<{ tasks: { nodes: { createdAt: string }[] } }>(
    client,
    session,
    newestDocument,
  );
  const open: TaskFacts[] = [];
  for await (const task of readTasks(client, session, { status: 'IN_PROGRESS' })) open.push(task);
  return {
    openTaskIds: new Set(open.map(({ id }) => id)),
    assignmentIds: new Set(open.flatMap(({ assignments }) => assignments.map(({ id }) => id))),
    newestAt: newest.nodes[0] ? Date.parse(newest.nodes[0].createdAt) : Number.NEGATIVE_INFINITY,
  };
}

/** Reads all tasks that the day can have changed: those that were open when it began, and those made since. */
export async function readTasksOfDay(
  client: Client,
  session: Session,
  before: TasksBefore,
): Promise<TaskFacts[]> {
  const found: TaskFacts[] = [];
  let stillToCome = before.openTaskIds.size;
  for await (const task of readTasks(client, session, null)) {
    const wasOpen = before.openTaskIds.has(task.id);
    const isNew = Date.parse(task.createdAt) > before.newestAt;
    if (wasOpen) stillToCome--;
    if (wasOpen || isNew) found.push(task);
    // Newest first: all further tasks are older and were done before the day.
    if (!isNew && stillToCome === 0) break;
  }
  return found;
}

async function* readTasks(
  client: Client,
  session: Session,
  filter: { status: string } | null,
): AsyncGenerator<TaskFacts> {
  for (let after: string | null = null; ; ) {
    const { tasks }: { tasks: Page<TaskNode> } = await requestAs(client, session, tasksDocument, {
      filter,
      after,
    });
    for (const node of tasks.nodes) yield await readTask(client, session, node);
    if (!tasks.pageInfo.hasNextPage) return;
    after = tasks.pageInfo.endCursor;
  }
}

async function readTask(client: Client, session: Session, node: TaskNode): Promise<TaskFacts> {
  const { id, title, createdAt, resolvedAt, assignmentFee, completionReward } = node;
  if (assignmentFee === null || completionReward === null)
    throw new Error(`The price of task ${id} cannot be read: accounting does not answer.`);
  const assignments = node.assignments.nodes.map(toFact);
  for (let page = node.assignments; page.pageInfo.hasNextPage; ) {
    const after = page.pageInfo.endCursor;
    const { task } = await requestAs<{ task: { assignments: Page<AssignmentNode> } }>(
      client,
      session,
      assignmentsDocument,
      { id, after },
    );
    page = task.assignments;
    assignments.push(...page.nodes.map(toFact));
  }
  return {
    id,
    title,
    createdAt,
    resolvedAt,
    assigneeId: node.assignee.id,
    feeCents: parseCents(assignmentFee),
    rewardCents: parseCents(completionReward),
    assignments,
  };
}

const toFact = ({ id, assignee, reassignment }: AssignmentNode): AssignmentFact => ({
  id,
  assigneeId: assignee.id,
  reassignmentId: reassignment?.id ?? null,
});

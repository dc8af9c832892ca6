import {
  discardDeadLetter,
  discardDeadLetters,
  listDeadLetters,
  requestResend,
  requestResendOfAll,
} from '@ates/kit/events/deadLetters';
import { discardHeldEvent, listHeldEvents } from '@ates/kit/events/heldEvents';
import { checkPageSize, isText, pageOf } from '@ates/kit/graph/page';
import { isId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import { callerOf } from '@ates/kit/service';
import { DateTime } from '@ates/schema/scalars';
import type { Reassignment } from './domain/reassignment.ts';
import { statusOf } from './domain/task.ts';
import type { TaskChange } from './domain/taskChange.ts';
import type { Resolvers, TaskFilter } from './generated/resolvers.ts';
import { listReassignments } from './reassignmentRepository.ts';
import { type TaskFilter as CheckedFilter, listTasks } from './taskSearchRepository.ts';
import { cancelReassignment } from './usecases/cancelReassignment.ts';
import { createTask } from './usecases/createTask.ts';
import { reassignTasks } from './usecases/reassignTasks.ts';
import { resolveTask } from './usecases/resolveTask.ts';

export const resolvers: Resolvers = {
  DateTime,
  Task: {
    __resolveReference: ({ id }, { loaders }) => (isId(id) ? loaders.tasks.load(id) : null),
    status: statusOf,
    assignee: ({ assigneeId }) => ({ id: assigneeId }),
    creator: ({ creatorId }) => ({ id: creatorId }),
    assignments: ({ id }, page, { loaders }) => loaders.assignmentsOfTask(id, pageOf(page, isCursorId)),
  },
  Assignment: {
    assignee: ({ assigneeId }) => ({ id: assigneeId }),
    reassignment: ({ reassignmentId }, _, { loaders }) =>
      reassignmentId ? loaders.reassignments.load(reassignmentId) : null,
  },
  User: {
    __resolveReference: ({ id }) => ({ id }),
    tasks: ({ id }, { status, ...page }, { loaders }) =>
      loaders.tasksOfUser(id, { status: status ?? null, ...pageOf(page, isCursorId) }),
    openTaskCount: ({ id }, _, { loaders }) => loaders.openTaskCounts.load(id),
  },
  Reassignment: {
    requestedBy: ({ requestedById }) => ({ id: requestedById }),
    supersededBy: ({ supersededById }, _, { loaders }) =>
      supersededById ? loaders.reassignments.load(supersededById) : null,
  },
  TaskChange: {
    async kind(change, _, { loaders }) {
      if (change.kind !== 'GONE') return change.kind;
      const task = await loaders.tasks.load(change.taskId);
      return task?.resolvedAt && task.assigneeId === change.userId ? 'RESOLVED' : 'TAKEN_FROM_ME';
    },
    task: (change, _, { loaders }) => (change.kind === 'RELOAD' ? null : loaders.tasks.load(change.taskId)),
  },
  Query: {
    node: (_, { id }, { loaders }) => loaders.nodes.load(checkId(id, 'node')),
    task: (_, { id }, { loaders }) => loaders.tasks.load(checkId(id, 'task')),
    tasks: (_, { filter, ...page }, { database }) =>
      listTasks(database.db, checkFilter(filter), pageOf(page, isCursorId)),
    myTasks: (_, { status, ...page }, context) =>
      context.loaders.tasksOfUser(callerOf(context).userId, {
        status: status ?? null,
        ...pageOf(page, isCursorId),
      }),
    reassignment: (_, { id }, { loaders }) => loaders.reassignments.load(checkId(id, 'reassignment')),
    reassignments: (_, page, { database }) => listReassignments(database.db, pageOf(page, isCursorId)),
    trackerDeadLetters: (_, { first, after, event }, { database }) =>
      listDeadLetters(database.db, checkPageSize(first), { after, event }),
    trackerHeldEvents: (_, { first }, { database }) => listHeldEvents(database.db, checkPageSize(first)),
  },
  Mutation: {
    createTask: (_, { input }, context) =>
      createTask(context.database, context.random, callerOf(context).userId, {
        title: input.title,
        jiraId: input.jiraId ?? null,
        description: input.description,
        idempotencyKey: input.idempotencyKey ?? null,
      }),
    resolveTask: (_, { id }, context) => resolveTask(context.database, callerOf(context).userId, id),
    reassignTasks: (_, { onRunning, idempotencyKey }, context) =>
      reassignTasks(context.database, callerOf(context).userId, {
        onRunning,
        idempotencyKey: idempotencyKey ?? null,
      }),
    cancelReassignment: (_, { id }, { database }) => cancelReassignment(database, id),
    resendTrackerDeadLetter: (_, { id }, { database }) => requestResend(database, id),
    resendTrackerDeadLetters: (_, { event }, { database }) => requestResendOfAll(database, event),
    discardTrackerDeadLetter: (_, { id }, context) => discardDeadLetter(context.database.db, id, context),
    discardTrackerDeadLetters: (_, { event }, context) =>
      discardDeadLetters(context.database.db, event, context),
    discardTrackerHeldEvent: (_, { id }, context) => discardHeldEvent(context.database, id, context),
  },
  Subscription: {
    myTasksChanged: {
      subscribe: (_, __, context) => context.live.openTasks.subscribe(callerOf(context).userId),
      resolve: (change: TaskChange) => change,
    },
    reassignmentProgressed: {
      async subscribe(_, { id }, { loaders, live }) {
        const run = await loaders.reassignments.load(checkId(id, 'reassignment'));
        if (!run) throw new Refusal('NOT_FOUND', `There is no reassignment ${id}.`);
        return live.reassignments.subscribe(run.id);
      },
      resolve: (run: Reassignment) => run,
    },
  },
};

function checkId(id: string, what: string): string {
  if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a ${what}'s id.`);
  return id.toLowerCase();
}

const isCursorId = (value: unknown): value is string => isText(value) && isId(value);

function checkFilter(filter: TaskFilter | null | undefined): CheckedFilter {
  const search = filter?.search?.trim() || null;
  if (search && search.length > 200)
    throw new Refusal('BAD_USER_INPUT', 'Search for at most 200 characters.');
  if (search?.includes('\0'))
    throw new Refusal('BAD_USER_INPUT', 'The search text contains a NUL. Remove it.');
  return {
    status: filter?.status ?? null,
    assigneeId: filter?.assigneeId ? checkId(filter.assigneeId, 'user') : null,
    creatorId: filter?.creatorId ? checkId(filter.creatorId, 'user') : null,
    search,
  };
}

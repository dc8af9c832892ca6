import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import type { Random } from '@ates/kit/process/clock';
import { newId } from '@ates/kit/process/ids';
import { nobodyEligible, parseTaskText, type Task, type TaskText } from '../domain/task.ts';
import { publishCreated } from '../events.ts';
import { findEarlierResult } from '../idempotency.ts';
import { hintOpenTasks } from '../live.ts';
import type { TrackerTables } from '../tables.ts';
import { findTasks, insertTask } from '../taskRepository.ts';
import { drawAssignee } from '../userRepository.ts';

/**
 * Creates a task and draws its first assignee (rules 3 and 4). Events make accounting fix the task's price and
 * charge its fee.
 * @throws Refusal BAD_USER_INPUT; NO_ELIGIBLE_ASSIGNEE, without a task; CONFLICT where the key had other arguments.
 */
export async function createTask(
  database: ServiceDatabase<TrackerTables>,
  random: Random,
  creatorId: string,
  typed: TaskText & { idempotencyKey: string | null },
): Promise<Task> {
  const text = parseTaskText(typed);
  const id = newId();
  const call = {
    userId: creatorId,
    mutation: 'createTask',
    arguments: text,
    key: typed.idempotencyKey,
  } as const;
  return database.transact(async (work) => {
    const { trx, now } = work;
    const earlier = await findEarlierResult(work, call, id, findTasks);
    if (earlier) return earlier;
    const assigneeId = await drawAssignee(trx, random);
    if (!assigneeId) throw nobodyEligible();
    const task: Task = {
      ...text,
      id,
      creatorId,
      createdAt: now,
      resolvedAt: null,
      assigneeId,
      assignmentId: newId(),
      assignedAt: now,
    };
    await insertTask(trx, task);
    await publishCreated(work, task);
    hintOpenTasks(work, [assigneeId]);
    return task;
  });
}

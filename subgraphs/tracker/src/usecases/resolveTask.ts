import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { isId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import { refuseToResolve, type Task } from '../domain/task.ts';
import { publishResolved } from '../events.ts';
import { hintOpenTasks } from '../live.ts';
import type { TrackerTables } from '../tables.ts';
import { lockTask, markResolved } from '../taskRepository.ts';

/**
 * Marks a task as done (rule 5). An event makes accounting pay the reward to its assignee.
 * @throws Refusal BAD_USER_INPUT, NOT_FOUND, FORBIDDEN, CONFLICT.
 */
export async function resolveTask(
  database: ServiceDatabase<TrackerTables>,
  callerId: string,
  taskId: string,
): Promise<Task> {
  if (!isId(taskId)) throw new Refusal('BAD_USER_INPUT', `"${taskId}" is not a task's id.`);
  return database.transact(async (work) => {
    const { trx, now } = work;
    const task = await lockTask(trx, taskId);
    refuseToResolve(task, callerId);
    await markResolved(trx, taskId, now);
    await publishResolved(work, task);
    hintOpenTasks(work, [callerId]);
    return { ...task, resolvedAt: now };
  });
}

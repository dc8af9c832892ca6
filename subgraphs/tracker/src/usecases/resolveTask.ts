import { type Clock, isId } from '@ates/kit/clock';
import { transact } from '@ates/kit/database';
import { Refusal } from '@ates/kit/refusal';
import type { Kysely } from 'kysely';
import { refuseToResolve, type Task } from '../domain/task.ts';
import { publishResolved } from '../events.ts';
import type { TrackerTables } from '../tables.ts';
import { lockTask, markResolved } from '../taskRepository.ts';

/**
 * Marks a task as done (rule 5); its assignee earns the reward by event.
 * @throws Refusal BAD_USER_INPUT, NOT_FOUND, FORBIDDEN, CONFLICT.
 */
export async function resolveTask(
  db: Kysely<TrackerTables>,
  clock: Clock,
  callerId: string,
  taskId: string,
): Promise<Task> {
  if (!isId(taskId)) throw new Refusal('BAD_USER_INPUT', `"${taskId}" is not a task's id.`);
  const now = clock.now();
  return transact(db, async (trx) => {
    const task = await lockTask(trx, taskId);
    refuseToResolve(task, callerId);
    await markResolved(trx, taskId, now);
    await publishResolved(trx, task, now);
    return { ...task, resolvedAt: now };
  });
}

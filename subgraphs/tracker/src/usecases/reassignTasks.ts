import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { newId } from '@ates/kit/process/ids';
import { decidePress, type OnRunning, type Reassignment } from '../domain/reassignment.ts';
import { nobodyEligible } from '../domain/task.ts';
import { findEarlierResult } from '../idempotency.ts';
import { hintProgress } from '../live.ts';
import {
  endRun,
  findReassignments,
  insertReassignment,
  lockPresses,
  lockRunning,
  readUnfinished,
} from '../reassignmentRepository.ts';
import type { TrackerTables } from '../tables.ts';
import { isAnyoneEligible } from '../userRepository.ts';

/**
 * Handles a press of 'reassign' (rule 6). It answers at once, since workers carry the run out. Only SUPERSEDE waits for
 * the batch under way, after which it stops the run; no other press waits for that batch.
 * @throws Refusal NO_ELIGIBLE_ASSIGNEE; CONFLICT where the key was used with other arguments.
 */
export async function reassignTasks(
  database: ServiceDatabase<TrackerTables>,
  callerId: string,
  press: { onRunning: OnRunning; idempotencyKey: string | null },
): Promise<Reassignment> {
  const { onRunning, idempotencyKey: key } = press;
  const call = { userId: callerId, mutation: 'reassignTasks', arguments: onRunning, key } as const;
  return database.transact(async (work) => {
    const { trx, now } = work;
    const toStop = onRunning === 'SUPERSEDE' ? await lockRunning(trx) : undefined;
    await lockPresses(trx);
    const { running, queued } = await readUnfinished(trx);
    const { existing, supersede } = decidePress(onRunning, {
      running,
      queued,
      isRunningLocked: running?.id === toStop,
    });
    const resultId = existing?.id ?? newId();
    const earlier = await findEarlierResult(work, call, resultId, findReassignments);
    if (earlier) return earlier;
    if (!(await isAnyoneEligible(trx))) throw nobodyEligible();
    const pressed =
      existing ?? (await insertReassignment(trx, { id: resultId, requestedById: callerId, now }));
    if (supersede) {
      // Read again: since the moment of the press, a batch may have got further.
      const end = { status: 'SUPERSEDED', now: work.readClock(), supersededById: pressed.id } as const;
      await endRun(trx, supersede.id, end);
      hintProgress(work, supersede.id);
    }
    work.wake('runs');
    return pressed;
  });
}

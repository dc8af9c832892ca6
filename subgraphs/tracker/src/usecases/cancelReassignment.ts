import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { isId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import { isEnded, type Reassignment } from '../domain/reassignment.ts';
import { hintProgress } from '../live.ts';
import { endRun, findReassignments, lockReassignment } from '../reassignmentRepository.ts';
import type { TrackerTables } from '../tables.ts';

/**
 * Stops a reassignment after its last committed batch (rule 6); the fees of its assignments stay charged.
 * @throws Refusal BAD_USER_INPUT, NOT_FOUND; CONFLICT where it has ended.
 */
export async function cancelReassignment(
  database: ServiceDatabase<TrackerTables>,
  id: string,
): Promise<Reassignment> {
  if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a reassignment's id.`);
  return database.transact(async (work) => {
    const { trx } = work;
    const run = await lockReassignment(trx, id);
    if (!run) throw new Refusal('NOT_FOUND', 'There is no such reassignment.');
    if (isEnded(run)) {
      throw new Refusal('CONFLICT', `This reassignment has ended already: it is ${run.status}.`);
    }
    await endRun(trx, id, { status: 'CANCELLED', now: work.readClock() });
    hintProgress(work, id);
    work.wake('runs');
    return (await findReassignments(trx, [id]))[0] as Reassignment;
  });
}

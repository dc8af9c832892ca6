import { type Clock, isId } from '@ates/kit/clock';
import { ringAfterCommit, transact } from '@ates/kit/database';
import { Refusal } from '@ates/kit/refusal';
import type { Kysely } from 'kysely';
import { isEnded, type Reassignment } from '../domain/reassignment.ts';
import { hintProgress } from '../live.ts';
import { endRun, findReassignments, lockReassignment } from '../reassignmentRepository.ts';
import type { TrackerTables } from '../tables.ts';

/**
 * Stops a reassignment at its last committed batch (rule 6): its charges stand.
 * @throws Refusal BAD_USER_INPUT, NOT_FOUND; CONFLICT where it has ended.
 */
export async function cancelReassignment(
  db: Kysely<TrackerTables>,
  clock: Clock,
  id: string,
): Promise<Reassignment> {
  if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a reassignment's id.`);
  return transact(db, async (trx) => {
    const run = await lockReassignment(trx, id);
    if (!run) throw new Refusal('NOT_FOUND', 'There is no such reassignment.');
    if (isEnded(run)) {
      throw new Refusal('CONFLICT', `This reassignment has ended already: it is ${run.status}.`);
    }
    await endRun(trx, id, { status: 'CANCELLED', now: clock.now() });
    hintProgress(trx, id);
    ringAfterCommit(trx, 'runs');
    return (await findReassignments(trx, [id]))[0] as Reassignment;
  });
}

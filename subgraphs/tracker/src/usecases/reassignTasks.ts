import { type Clock, newId } from '@ates/kit/clock';
import { ringAfterCommit, transact } from '@ates/kit/database';
import type { Kysely, Transaction } from 'kysely';
import { decidePress, type OnRunning, type Reassignment } from '../domain/reassignment.ts';
import { nobodyEligible } from '../domain/task.ts';
import { claimIdempotencyKey } from '../idempotency.ts';
import { endRun, findReassignments, insertReassignment, lockUnfinished } from '../reassignmentRepository.ts';
import type { TrackerTables } from '../tables.ts';
import { listEligible } from '../userRepository.ts';

/**
 * A press of 'reassign' (rule 6). Answers at once: the run is a row that a worker takes up.
 * @throws Refusal NO_ELIGIBLE_ASSIGNEE; CONFLICT where the key was used with other arguments.
 */
export async function reassignTasks(
  db: Kysely<TrackerTables>,
  clock: Clock,
  callerId: string,
  press: { onRunning: OnRunning; idempotencyKey: string | null },
): Promise<Reassignment> {
  const now = clock.now();
  return transact(db, async (trx) => {
    const { running, queued } = await lockUnfinished(trx);
    const id = newId();
    const outcome = decidePress(press.onRunning, running, queued);
    const resultId =
      outcome.kind === 'hand back'
        ? outcome.reassignment.id
        : outcome.kind === 'supersede'
          ? (outcome.by?.id ?? id)
          : id;
    if (press.idempotencyKey !== null) {
      const claim = {
        userId: callerId,
        mutation: 'reassignTasks',
        key: press.idempotencyKey,
        arguments: press.onRunning,
        resultId,
        now,
      };
      const claimed = await claimIdempotencyKey(trx, claim);
      if (claimed) return read(trx, claimed.madeBefore);
    }
    if ((await listEligible(trx)).length === 0) throw nobodyEligible();
    if (resultId === id) await insertReassignment(trx, { id, requestedById: callerId, now });
    if (outcome.kind === 'supersede')
      await endRun(trx, outcome.running.id, { status: 'SUPERSEDED', now, supersededById: resultId });
    ringAfterCommit(trx, 'runs');
    return read(trx, resultId);
  });
}

async function read(trx: Transaction<TrackerTables>, id: string): Promise<Reassignment> {
  return (await findReassignments(trx, [id]))[0] as Reassignment;
}

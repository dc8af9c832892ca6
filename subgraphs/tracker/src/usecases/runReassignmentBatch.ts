import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import type { BatchOutcome } from '@ates/kit/events/runs';
import type { Random } from '@ates/kit/process/clock';
import { newId } from '@ates/kit/process/ids';
import { maxFactsPerEvent } from '@ates/schema/event';
import { drawOneOf } from '../domain/draw.ts';
import { publishReassigned } from '../events.ts';
import { hintOpenTasksOfAll, hintProgress } from '../live.ts';
import {
  advanceRun,
  areTasksLeft,
  assignNextTasks,
  endRun,
  isAnyRunning,
  lockReassignment,
  startRun,
} from '../reassignmentRepository.ts';
import type { TrackerTables } from '../tables.ts';
import { listEligible } from '../userRepository.ts';

/**
 * Runs one batch of a reassignment (rule 6), in one transaction: locks the run, checks that it may still run, draws,
 * changes the tasks, publishes the assignments, and notes its progress. A killed run continues after its last batch.
 */
export async function runReassignmentBatch(
  database: ServiceDatabase<TrackerTables>,
  random: Random,
  id: string,
  size: number = maxFactsPerEvent,
): Promise<BatchOutcome> {
  return database.transact(async (work) => {
    const { trx, now } = work;
    let run = await lockReassignment(trx, id);
    if (run?.status === 'QUEUED') {
      if (await isAnyRunning(trx)) return 'waits';
      run = await startRun(trx, id, now);
    }
    if (run?.status !== 'RUNNING') return 'ended';
    hintProgress(work, id);

    if (run.until) {
      const range = { after: run.cursor, until: run.until };
      const eligible = await listEligible(trx);
      if (eligible.length === 0) {
        await endRun(trx, id, { status: (await areTasksLeft(trx, range)) ? 'FAILED' : 'COMPLETED', now });
        work.wake('runs');
        return 'ended';
      }
      const draws = {
        assigneeIds: Array.from(
          { length: size },
          () => eligible[drawOneOf(eligible.length, random) as number] as string,
        ),
        assignmentIds: Array.from({ length: size }, newId),
      };
      const { assigned, last, passed } = await assignNextTasks(trx, range, draws, { id, now });
      if (assigned) {
        await publishReassigned(work, assigned);
        hintOpenTasksOfAll(work);
      }
      if (last) await advanceRun(trx, id, { cursor: last, count: passed, now });
      if (passed === size) return 'more';
    }
    await endRun(trx, id, { status: 'COMPLETED', now });
    // Another run may be waiting for this one.
    work.wake('runs');
    return 'ended';
  });
}

import type { BatchOutcome } from '@ates/kit/batchOutcome';
import { type Clock, newId, type Random } from '@ates/kit/clock';
import { ringAfterCommit, transact } from '@ates/kit/database';
import { maxFactsPerEvent } from '@ates/schema/event';
import type { Kysely } from 'kysely';
import { drawOneOf } from '../domain/draw.ts';
import { publishAssigned } from '../events.ts';
import {
  advanceRun,
  assignTasks,
  endRun,
  isAnyRunning,
  lockNextOpenTasks,
  lockReassignment,
  startRun,
} from '../reassignmentRepository.ts';
import type { TrackerTables } from '../tables.ts';
import { listEligible } from '../userRepository.ts';

/**
 * One batch of a reassignment (rule 6), in one transaction: lock the run's row and see that it may still run, draw,
 * change the tasks, publish the assignments, note how far it got. Killed at any point, the run goes on where it was.
 */
export async function runReassignmentBatch(
  db: Kysely<TrackerTables>,
  { clock, random }: { clock: Clock; random: Random },
  id: string,
  size: number = maxFactsPerEvent,
): Promise<BatchOutcome> {
  return transact(db, async (trx) => {
    const now = clock.now();
    let run = await lockReassignment(trx, id);
    if (run?.status === 'QUEUED') {
      if (await isAnyRunning(trx)) return 'waits';
      run = await startRun(trx, id, now);
    }
    if (run?.status !== 'RUNNING') return 'ended';

    const eligible = await listEligible(trx);
    const tasks = run.until
      ? await lockNextOpenTasks(trx, { after: run.cursor, until: run.until, limit: size })
      : null;
    const count = tasks?.id.length ?? 0;
    if (count > 0 && eligible.length === 0) {
      await endRun(trx, id, { status: 'FAILED', now });
      ringAfterCommit(trx, 'runs');
      return 'ended';
    }
    if (tasks && count > 0) {
      const assignmentId = tasks.id.map(newId);
      const assigneeId = tasks.id.map(() => eligible[drawOneOf(eligible.length, random) as number] as string);
      await assignTasks(trx, {
        taskIds: tasks.id,
        assigneeIds: assigneeId,
        assignmentIds: assignmentId,
        reassignmentId: id,
        now,
      });
      const { id: taskId, title, jiraId } = tasks;
      const moment = now.toISOString();
      const occurredAt = tasks.id.map(() => moment);
      await publishAssigned(
        trx,
        { assignmentId, taskId, title, jiraId, assigneeId, occurredAt },
        'bulk',
        now,
      );
      const last = tasks.id.reduce((highest, one) => (one > highest ? one : highest));
      await advanceRun(trx, id, { cursor: last, count, now });
    }
    if (count === size) return 'more';
    await endRun(trx, id, { status: 'COMPLETED', now });
    // Another may wait for its turn.
    ringAfterCommit(trx, 'runs');
    return 'ended';
  });
}

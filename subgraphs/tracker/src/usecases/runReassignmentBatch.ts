import { type Clock, newId, type Random } from '@ates/kit/clock';
import { ringAfterCommit, transact } from '@ates/kit/database';
import { maxFactsPerEvent } from '@ates/schema/event';
import type { Kysely } from 'kysely';
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

/** What became of a batch: there are more, the run has ended, or it has to wait for the one that runs. */
export type BatchOutcome = 'more' | 'ended' | 'waits';

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
      : [];
    const last = tasks.at(-1);
    if (last && eligible.length === 0) {
      await endRun(trx, id, { status: 'FAILED', now });
      ringAfterCommit(trx, 'runs');
      return 'ended';
    }
    if (last) {
      const draws = tasks.map((task) => ({
        task,
        assignmentId: newId(),
        assigneeId: eligible[random.below(eligible.length)] as string,
      }));
      await assignTasks(trx, {
        taskIds: draws.map(({ task }) => task.id),
        assigneeIds: draws.map(({ assigneeId }) => assigneeId),
        assignmentIds: draws.map(({ assignmentId }) => assignmentId),
        reassignmentId: id,
        now,
      });
      const occurredAt = now.toISOString();
      const facts = draws.map(({ task: { id: taskId, title, jiraId }, assignmentId, assigneeId }) => ({
        assignmentId,
        taskId,
        title,
        jiraId,
        assigneeId,
        occurredAt,
      }));
      await publishAssigned(trx, facts, 'bulk', now);
      await advanceRun(trx, id, { cursor: last.id, count: tasks.length, now });
    }
    if (tasks.length === size) return 'more';
    await endRun(trx, id, { status: 'COMPLETED', now });
    // Another may wait for its turn.
    ringAfterCommit(trx, 'runs');
    return 'ended';
  });
}

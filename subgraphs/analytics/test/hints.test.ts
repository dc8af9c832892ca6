import type { Hint, UnitOfWork } from '@ates/kit/database/unitOfWork';
import { systemClock } from '@ates/kit/process/clock';
import { newId } from '@ates/kit/process/ids';
import { expect, test } from 'vitest';
import { cloneDatabase, openTestDatabase, workOn } from '../../../tests/support/databases.ts';
import type { AnalyticsTables } from '../src/tables.ts';
import { countAssignments } from '../src/usecases/countAssignments.ts';
import { countEntries } from '../src/usecases/countEntries.ts';
import { countTasksCreated } from '../src/usecases/countTasksCreated.ts';
import { countTasksResolved } from '../src/usecases/countTasksResolved.ts';
import { noteDayClosed } from '../src/usecases/noteDayClosed.ts';

test('whatever changes a figure tells the figures’ views to read again; what was counted before does not', async () => {
  const hints: Hint[] = [];
  const db = openTestDatabase<AnalyticsTables>(await cloneDatabase('analytics'));
  const database = workOn(db, systemClock, { send: (hint) => void hints.push(hint) });
  const occurredAt = ['2026-03-10T09:00:00.000Z'];
  const task = { taskId: [newId()], title: ['Clean the cage'], jiraId: [null], occurredAt };
  const assigned = { ...task, assignmentId: [newId()], assigneeId: [newId()] };
  const entry = {
    entryId: [newId()],
    kind: ['ASSIGNMENT_FEE' as const],
    accountId: [newId()],
    number: [1],
    amountCents: [-1_000],
    balanceAfterCents: [-1_000],
    day: ['2026-03-10'],
    taskId: task.taskId,
    occurredAt,
  };
  const closed = {
    day: ['2026-03-10'],
    accountsInTheRed: [1],
    feesCents: [1_000],
    rewardsCents: [0],
    paidOutCents: [0],
    payoutCount: [0],
    closedAt: occurredAt,
  };
  const counts: [string, (work: UnitOfWork<AnalyticsTables>) => Promise<void>][] = [
    ['created', (work) => countTasksCreated(work, { ...task, creatorId: [newId()] }, 'UTC')],
    ['assigned', (work) => countAssignments(work, assigned, 'UTC')],
    ['resolved', (work) => countTasksResolved(work, assigned, 'UTC')],
    ['entries', (work) => countEntries(work, entry, 'UTC')],
  ];
  const figures = [{ topic: 'figures', keys: null, lane: 'bulk' }];
  try {
    for (const [what, count] of counts) {
      await database.transact(count);
      expect(hints.splice(0), what).toEqual(figures);
      await database.transact(count);
      expect(hints, what).toEqual([]);
    }
    await database.transact((work) => noteDayClosed(work, closed));
    expect(hints).toEqual(figures);
  } finally {
    await db.destroy();
  }
});

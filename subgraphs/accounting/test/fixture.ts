import { randomUUID } from 'node:crypto';
import type { HintSender } from '@ates/kit/database/unitOfWork';
import { applyDelivery } from '@ates/kit/events/apply';
import { type EventHandler, onEvent } from '@ates/kit/events/handlers';
import { type EventDefinition, encodeColumns, type Fact, toColumns } from '@ates/schema/event';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import { asSuperuser, cloneDatabase, openTestDatabase, workOn } from '../../../tests/support/databases.ts';
import { listUnfinishedRuns } from '../src/payoutRepository.ts';
import type { AccountingTables } from '../src/tables.ts';
import { chargeFees } from '../src/usecases/chargeFees.ts';
import { openBooks } from '../src/usecases/openBooks.ts';
import { payRewards } from '../src/usecases/payRewards.ts';
import { runPayoutBatch } from '../src/usecases/runPayoutBatch.ts';

/** A company's books in a database of their own, from 2026-11-20 on in Berlin, with a clock that a test moves. */
export async function openTestBooks(hints?: HintSender) {
  const url = await cloneDatabase('accounting');
  const db = openTestDatabase<AccountingTables>(url);
  const time = { now: new Date('2026-11-20T10:00:00.000Z') };
  const clock = { now: () => time.now };
  const database = workOn(db, clock, hints);
  const books = await openBooks(db, clock, { timeZone: 'Europe/Berlin', priceKey: 'a key of this test' });
  const fees = onEvent<AccountingTables, typeof tasksAssigned>(tasksAssigned, (work, facts, context) =>
    chargeFees(work, facts, { ...context, books }),
  );
  const rewards = onEvent<AccountingTables, typeof tasksResolved>(tasksResolved, (work, facts, context) =>
    payRewards(work, facts, { ...context, books }),
  );
  const deliver = <Definition extends EventDefinition>(
    handler: EventHandler<AccountingTables>,
    event: Definition,
    facts: Fact<Definition>[],
  ) =>
    applyDelivery(database, 'accounting', handler, {
      eventId: randomUUID(),
      event: event.name,
      lane: 'interactive',
      payload: encodeColumns(toColumns(event, facts)),
    });
  return {
    db,
    database,
    clock,
    books,
    /** Behind the application's rights. */
    superuserUrl: asSuperuser(url),
    moveTo: (moment: string) => {
      time.now = new Date(moment);
    },
    /** An assignment, by default now and of a task of its own. */
    assignment: (assigneeId: string, more: Partial<Fact<typeof tasksAssigned>> = {}) => ({
      assignmentId: randomUUID(),
      taskId: randomUUID(),
      title: 'Clean the cage',
      jiraId: 'POPUG-42',
      assigneeId,
      occurredAt: time.now.toISOString(),
      ...more,
    }),
    charge: (facts: Fact<typeof tasksAssigned>[]) => deliver(fees, tasksAssigned, facts),
    reward: (facts: Fact<typeof tasksAssigned>[]) =>
      deliver(
        rewards,
        tasksResolved,
        facts.map(({ assignmentId: _, ...fact }) => fact),
      ),
    /** Carries out every run, in small batches. */
    async payOut() {
      for (;;) {
        const unfinished = await listUnfinishedRuns(db, new Date('2100-01-01'));
        if (unfinished.length === 0) return;
        for (const { id } of unfinished) await runPayoutBatch(database, id, 7);
      }
    },
  };
}

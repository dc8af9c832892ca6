import type { Hint } from '@ates/kit/database/unitOfWork';
import { newId } from '@ates/kit/process/ids';
import { expect, test } from 'vitest';
import { openTestBooks } from '../../../tests/support/facts.ts';
import { chargeFees } from '../src/usecases/chargeFees.ts';
import { closeDay } from '../src/usecases/closeDay.ts';
import { payRewards } from '../src/usecases/payRewards.ts';
import { runPayoutBatch } from '../src/usecases/runPayoutBatch.ts';

/** The live views to which each use case sends hints. */

test('postings and payouts: the balances of those they are about, and the company’s day; a closed day: that day', async () => {
  const hints: Hint[] = [];
  const at = await openTestBooks('2026-11-20T10:00:00.000Z', {
    hints: { send: (hint) => void hints.push(hint) },
  });
  const { database, company } = at;
  const [kiwi, rio] = [newId(), newId()] as const;
  const taken = () => hints.splice(0);
  const companyDay = { topic: 'company day', keys: null, lane: 'bulk' };
  const of = (id: string) => ({
    assignmentId: [newId()],
    taskId: [newId()],
    title: ['Clean the cage'],
    jiraId: [null],
    assigneeId: [id],
    occurredAt: [at.clock.now().toISOString()],
  });
  try {
    await database.transact((work) => chargeFees(work, of(kiwi), { lane: 'interactive', company }));
    expect(taken()).toEqual([{ topic: 'balances', keys: [kiwi], lane: 'interactive' }, companyDay]);
    await database.transact((work) => chargeFees(work, of(kiwi), { lane: 'bulk', company }));
    expect(taken()).toEqual([{ topic: 'balances', keys: [kiwi], lane: 'bulk' }, companyDay]);
    const { assignmentId: _, ...done } = of(rio);
    await database.transact((work) => payRewards(work, done, { lane: 'interactive', company }));
    expect(taken()).toEqual([{ topic: 'balances', keys: [rio], lane: 'interactive' }, companyDay]);

    const run = await closeDay(database, company);
    taken();
    expect(await runPayoutBatch(database, run.id)).toBe('ended');
    expect(taken()).toEqual([{ topic: 'balances', keys: [rio], lane: 'bulk' }, companyDay, companyDay]);
  } finally {
    await at.close();
  }
});

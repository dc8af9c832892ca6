import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import type { Posting } from '../domain/ledger.ts';
import { rewardSentence } from '../domain/sentence.ts';
import type { AccountingTables } from '../tables.ts';
import { fixPrices } from './fixPrices.ts';
import { openPosting, type PostingContext, postEntries } from './postEntries.ts';

/** Pays the reward of every task to whoever completed it, once each (rule 8). */
export async function payRewards(
  work: UnitOfWork<AccountingTables>,
  facts: Columns<typeof tasksResolved>,
  context: PostingContext,
): Promise<void> {
  const dayFor = await openPosting(work, context.books);
  const prices = await fixPrices(work.trx, context.books.priceKey, facts.taskId);
  const postings = facts.taskId.map((taskId, at): Posting => {
    const occurredAt = facts.occurredAt[at]!;
    return {
      id: taskId,
      kind: 'COMPLETION_REWARD',
      accountId: facts.assigneeId[at]!,
      amountCents: prices.get(taskId)!.rewardCents,
      day: dayFor(occurredAt),
      occurredAt,
      description: rewardSentence({ title: facts.title[at]!, jiraId: facts.jiraId[at]! }),
      taskId,
    };
  });
  await postEntries(work, postings, context.lane);
}

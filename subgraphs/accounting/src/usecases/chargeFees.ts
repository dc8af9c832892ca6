import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import type { Posting } from '../domain/ledger.ts';
import { feeSentence } from '../domain/sentence.ts';
import type { AccountingTables } from '../tables.ts';
import { fixPrices } from './fixPrices.ts';
import { openPosting, type PostingContext, postEntries } from './postEntries.ts';

/** Charges the fee of every assignment, once each (rule 8). */
export async function chargeFees(
  work: UnitOfWork<AccountingTables>,
  facts: Columns<typeof tasksAssigned>,
  context: PostingContext,
): Promise<void> {
  const dayFor = await openPosting(work, context.books);
  const prices = await fixPrices(work.trx, context.books.priceKey, facts.taskId);
  const postings = facts.assignmentId.map((assignmentId, at): Posting => {
    const taskId = facts.taskId[at]!;
    const occurredAt = facts.occurredAt[at]!;
    return {
      id: assignmentId,
      kind: 'ASSIGNMENT_FEE',
      accountId: facts.assigneeId[at]!,
      amountCents: prices.get(taskId)!.feeCents,
      day: dayFor(occurredAt),
      occurredAt,
      description: feeSentence({ title: facts.title[at]!, jiraId: facts.jiraId[at]! }),
      taskId,
    };
  });
  await postEntries(work, postings, context.lane);
}

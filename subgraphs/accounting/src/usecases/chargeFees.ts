import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { feeSentence } from '../domain/sentence.ts';
import type { AccountingTables } from '../tables.ts';
import type { PostingContext } from './postEntries.ts';
import { postPrices } from './postPrices.ts';

/** Charges the fee of every assignment, once each (rule 8). */
export async function chargeFees(
  work: UnitOfWork<AccountingTables>,
  facts: Columns<typeof tasksAssigned>,
  context: PostingContext,
): Promise<void> {
  await postPrices(work, facts, context, {
    kind: 'ASSIGNMENT_FEE',
    ids: facts.assignmentId,
    centsOf: ({ feeCents }) => feeCents,
    sentence: feeSentence,
  });
}

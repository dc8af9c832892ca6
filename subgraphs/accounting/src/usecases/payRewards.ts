import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import { rewardSentence } from '../domain/sentence.ts';
import type { AccountingTables } from '../tables.ts';
import type { PostingContext } from './postEntries.ts';
import { postPrices } from './postPrices.ts';

/** Pays the reward of every resolved task to its assignee, once each (rule 8). */
export async function payRewards(
  work: UnitOfWork<AccountingTables>,
  facts: Columns<typeof tasksResolved>,
  context: PostingContext,
): Promise<void> {
  await postPrices(work, facts, context, {
    kind: 'COMPLETION_REWARD',
    ids: facts.taskId,
    centsOf: ({ rewardCents }) => rewardCents,
    sentence: rewardSentence,
  });
}

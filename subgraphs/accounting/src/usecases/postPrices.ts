import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Posting } from '../domain/ledger.ts';
import type { Price } from '../domain/price.ts';
import type { AccountingTables } from '../tables.ts';
import { fixPrices } from './fixPrices.ts';
import { openPosting, type PostingContext, postEntries } from './postEntries.ts';

/** Assigned tasks as events carry them: a list per property, all of the same length. */
interface TaskColumns {
  readonly taskId: readonly string[];
  readonly title: readonly string[];
  readonly jiraId: readonly (string | null)[];
  readonly assigneeId: readonly string[];
  readonly occurredAt: readonly string[];
}

/** The part of a task's price that is posted. */
interface PricePart {
  readonly kind: 'ASSIGNMENT_FEE' | 'COMPLETION_REWARD';
  /** The facts' business keys: each is posted once (rule 8). */
  readonly ids: readonly string[];
  centsOf(price: Price): number;
  sentence(task: { title: string; jiraId: string | null }): string;
}

/** Posts a part of each task's price to its assignee: what `chargeFees` and `payRewards` have in common. */
export async function postPrices(
  work: UnitOfWork<AccountingTables>,
  facts: TaskColumns,
  { company, lane }: PostingContext,
  { kind, ids, centsOf, sentence }: PricePart,
): Promise<void> {
  const dayFor = await openPosting(work, company);
  const prices = await fixPrices(work.trx, company.priceKey, facts.taskId);
  const postings = ids.map((id, at): Posting => {
    const taskId = facts.taskId[at]!;
    const occurredAt = facts.occurredAt[at]!;
    return {
      id,
      kind,
      accountId: facts.assigneeId[at]!,
      amountCents: centsOf(prices.get(taskId)!),
      day: dayFor(occurredAt),
      occurredAt,
      description: sentence({ title: facts.title[at]!, jiraId: facts.jiraId[at]! }),
      taskId,
    };
  });
  await postEntries(work, postings, lane);
}

import type { Books } from '@ates/accounting/domain/company';
import type { AccountingTables } from '@ates/accounting/tables';
import { payRewards } from '@ates/accounting/usecases/payRewards';
import { type EventHandler, onEvent } from '@ates/kit/inbox';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';

/** Whoever completed a task earns its reward (rule 8). */
export const payRewardsBy = (books: Books): EventHandler<AccountingTables> =>
  onEvent<AccountingTables, typeof tasksResolved>(tasksResolved, (work, facts, context) =>
    payRewards(work, facts, { ...context, books }),
  );

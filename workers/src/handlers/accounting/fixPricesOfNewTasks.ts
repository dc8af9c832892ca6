import type { Books } from '@ates/accounting/domain/company';
import type { AccountingTables } from '@ates/accounting/tables';
import { fixPricesOfNewTasks } from '@ates/accounting/usecases/fixPrices';
import { type EventHandler, onEvent } from '@ates/kit/inbox';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';

/** A new task gets its price (rule 7). */
export const fixPricesOfNewTasksBy = (books: Books): EventHandler<AccountingTables> =>
  onEvent<AccountingTables, typeof tasksCreated>(tasksCreated, (work, facts, context) =>
    fixPricesOfNewTasks(work, facts, { ...context, books }),
  );

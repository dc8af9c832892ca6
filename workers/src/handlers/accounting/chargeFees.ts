import type { Books } from '@ates/accounting/domain/company';
import type { AccountingTables } from '@ates/accounting/tables';
import { chargeFees } from '@ates/accounting/usecases/chargeFees';
import { type EventHandler, onEvent } from '@ates/kit/inbox';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';

/** Every assignment is charged its task's fee (rule 8). */
export const chargeFeesBy = (books: Books): EventHandler<AccountingTables> =>
  onEvent<AccountingTables, typeof tasksAssigned>(tasksAssigned, (work, facts, context) =>
    chargeFees(work, facts, { ...context, books }),
  );

import type { AccountingTables } from '@ates/accounting/tables';
import { noteWagesPaid } from '@ates/accounting/usecases/mailWages';
import { onEvent } from '@ates/kit/inbox';
import { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';

/** Whoever was paid is told by mail (rule 11). */
export const noteWagesPaidForMail = onEvent<AccountingTables, typeof wagesPaid>(wagesPaid, (work, facts) =>
  noteWagesPaid(work, facts),
);

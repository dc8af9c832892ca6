import type { AnalyticsTables } from '@ates/analytics/tables';
import { countWagesPaid } from '@ates/analytics/usecases/countWagesPaid';
import { onEvent } from '@ates/kit/inbox';
import { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';

/** Wages are paid; their money is counted from the ledger's entries. */
export const countWagesPaidInAnalytics = onEvent<AnalyticsTables, typeof wagesPaid>(
  wagesPaid,
  (work, facts) => countWagesPaid(work, facts),
);

import type { UnitOfWork } from '@ates/kit/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';
import type { AnalyticsTables } from '../tables.ts';

/**
 * Changes nothing: every payout is also a PAYOUT entry of `accounting.entries_posted`, with its day, and that is what
 * is counted as paid out (see `countEntries`). Counting it here, too, would count it twice. The event is taken all the
 * same, since analytics is one of its consumers and each delivery wants its receipt.
 */
export async function countWagesPaid(
  _work: UnitOfWork<AnalyticsTables>,
  _columns: Columns<typeof wagesPaid>,
): Promise<void> {}

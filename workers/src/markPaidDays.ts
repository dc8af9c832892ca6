import { listPaidDays } from '@ates/accounting/payoutRepository';
import type { AccountingTables } from '@ates/accounting/tables';
import type { Broker } from '@ates/kit/events/broker';
import type { Kysely } from 'kysely';

/** How many of the newest paid days are marked. */
const markedDays = 31;

/**
 * Marks in Redis which days are paid, as `payout:done:<day>`, for whoever wants to look there. The marks are derived
 * from the payout runs and nothing here reads them: one that is deleted pays nobody again, and comes back.
 */
export async function markPaidDays(db: Kysely<AccountingTables>, broker: Broker): Promise<void> {
  await broker.mark((await listPaidDays(db, markedDays)).map((day) => `payout:done:${day}`));
}

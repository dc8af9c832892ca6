import type { AnalyticsTables } from '@ates/analytics/tables';
import { countEntries } from '@ates/analytics/usecases/countEntries';
import { type EventHandler, onEvent } from '@ates/kit/inbox';
import { entriesPosted } from '@ates/schema/events/accounting.entries_posted.v1';

/** The ledger's entries give money by billing day, balances, and the dearest task (rule 14). */
export const countEntriesBy = (companyTimeZone: string): EventHandler<AnalyticsTables> =>
  onEvent<AnalyticsTables, typeof entriesPosted>(entriesPosted, (work, facts) =>
    countEntries(work, facts, companyTimeZone),
  );

import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { type Columns, type Fact, toFacts } from '@ates/schema/event';
import type { dayClosed } from '@ates/schema/events/accounting.day_closed.v1';
import { hintFigures } from '../live.ts';
import { insertClosedDays } from '../repository.ts';
import type { AnalyticsTables } from '../tables.ts';

/**
 * Notes how many accounts were below zero when a day closed (rule 14). The day's money is not taken from this event. It
 * is the sum of the entries, so that a day reads the same before and after it closes.
 */
export async function noteDayClosed(
  work: UnitOfWork<AnalyticsTables>,
  columns: Columns<typeof dayClosed>,
): Promise<void> {
  await insertClosedDays(work.trx, toFacts(columns) as Fact<typeof dayClosed>[]);
  hintFigures(work);
}

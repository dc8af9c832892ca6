import type { AnalyticsTables } from '@ates/analytics/tables';
import { noteDayClosed } from '@ates/analytics/usecases/noteDayClosed';
import { onEvent } from '@ates/kit/inbox';
import { dayClosed } from '@ates/schema/events/accounting.day_closed.v1';

/** A closed day's figures are final (rule 14). */
export const noteDayClosedInAnalytics = onEvent<AnalyticsTables, typeof dayClosed>(dayClosed, (work, facts) =>
  noteDayClosed(work, facts),
);

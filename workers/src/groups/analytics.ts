import type { AnalyticsTables } from '@ates/analytics/tables';
import { watchClockSkew } from '@ates/kit/clockSkew';
import { startConsumer } from '@ates/kit/consumer';
import { type DatabaseLocation, listenForWakes, openServiceDatabase } from '@ates/kit/database';
import { openHints } from '@ates/kit/hints';
import { type EventHandler, purgeInbox } from '@ates/kit/inbox';
import { startSweep } from '@ates/kit/sweep';
import { ServiceDatabase } from '@ates/kit/unitOfWork';
import { databaseIsReady } from '../databaseIsReady.ts';
import type { GroupContext, RunningGroup } from '../group.ts';
import { applyUsersChangedToAnalytics } from '../handlers/analytics/applyUsersChanged.ts';
import { countAssignmentsBy } from '../handlers/analytics/countAssignments.ts';
import { countEntriesBy } from '../handlers/analytics/countEntries.ts';
import { countTasksCreatedBy } from '../handlers/analytics/countTasksCreated.ts';
import { countTasksResolvedBy } from '../handlers/analytics/countTasksResolved.ts';
import { countWagesPaidInAnalytics } from '../handlers/analytics/countWagesPaid.ts';
import { noteDayClosedInAnalytics } from '../handlers/analytics/noteDayClosed.ts';
import { checkHandlers } from '../routes.ts';

/** What analytics does with each event. */
export const analyticsHandlers = (companyTimeZone: string): readonly EventHandler<AnalyticsTables>[] =>
  checkHandlers('analytics', [
    applyUsersChangedToAnalytics,
    countTasksCreatedBy(companyTimeZone),
    countAssignmentsBy(companyTimeZone),
    countTasksResolvedBy(companyTimeZone),
    countEntriesBy(companyTimeZone),
    countWagesPaidInAnalytics,
    noteDayClosedInAnalytics,
  ]);

/** Analytics' work: its read model. */
export async function startAnalyticsGroup(
  location: DatabaseLocation,
  { broker, redis, clock, log, companyTimeZone, poolSize, prepare, skew: given }: GroupContext,
): Promise<RunningGroup> {
  const { db, listenUrl } = await openServiceDatabase<AnalyticsTables>(
    location,
    // Two transactions for each kind of event, and a batch.
    { poolSize: poolSize ?? 20, statementTimeoutMs: 30_000, applicationName: 'analytics workers', prepare },
    log,
  );
  const skew = given ?? (await watchClockSkew({ db, service: 'analytics', log }));
  const hints = openHints({ service: 'analytics', db, listenUrl, redis, log });
  const database = new ServiceDatabase(db, { clock, hints });
  const now = () => clock.now();
  const consumer = startConsumer({
    database,
    broker,
    consumer: 'analytics',
    handlers: analyticsHandlers(companyTimeZone),
    skew,
    log,
  });
  const housekeeping = startSweep({
    what: "forgetting analytics' old inbox rows",
    intervalMs: 3_600_000,
    skew,
    log,
    sweep: () => purgeInbox(db, now()),
  });
  const notifications = listenForWakes(listenUrl, () => consumer.ring(), log);
  return {
    skew,
    isReady: () => databaseIsReady(db, 'ANALYTICS_DATABASE_URL', skew),
    show(gauges) {
      gauges.showPutAside(db);
    },
    async stop() {
      await notifications.stop();
      await Promise.all([consumer.stop(), housekeeping.stop()]);
    },
    async close() {
      skew.stop();
      await hints.close();
      await db.destroy();
    },
  };
}

import type { DatabaseLocation } from '@ates/kit/database/pool';
import { openBroker } from '@ates/kit/events/broker';
import { deliveryGauges } from '@ates/kit/events/deliveryGauges';
import { type Clock, type Random, systemClock, systemRandom } from '@ates/kit/process/clock';
import type { ClockSkew } from '@ates/kit/process/clockSkew';
import { startInternalServer } from '@ates/kit/process/internalServer';
import type { Log } from '@ates/kit/process/log';
import { redisOf } from '@ates/kit/process/redis';
import type { Running } from '@ates/kit/process/runProcess';
import { SettingError } from '@ates/kit/process/settings';
import { type RunningWork, type WorkContext, workFor } from '@ates/kit/work';
import { accountingWork } from './accounting.ts';
import { analyticsWork } from './analytics.ts';
import { authWork } from './auth.ts';
import { databaseOf, queueStoreOf, type WorkerGroup, type WorkerSettings, workerGroups } from './settings.ts';
import { trackerWork } from './tracker.ts';

/** Starts the work of every service whose database is set. */
export async function startWorkers(
  settings: WorkerSettings,
  log: Log,
  {
    clock = systemClock,
    random = systemRandom,
    skew,
  }: { clock?: Clock; random?: Random; skew?: ClockSkew } = {},
): Promise<Running> {
  const mine = workerGroups.filter((group) => databaseOf(settings, group));
  if (mine.length === 0) {
    throw new SettingError(
      'No database is set: set AUTH_, TRACKER_, ACCOUNTING_ or ANALYTICS_DATABASE_URL, for each service to work for.',
    );
  }
  const broker = await openBroker(queueStoreOf(settings), log);
  const context: WorkContext<WorkerSettings> = {
    ...{ settings, broker, clock, random, skew, log },
    redis: redisOf(settings),
    poolSize: settings.DATABASE_POOL_SIZE,
    prepare: settings.PREPARE,
  };
  const start: Record<WorkerGroup, (database: DatabaseLocation) => Promise<RunningWork>> = {
    auth: (database) => workFor(authWork, database, context),
    tracker: (database) => workFor(trackerWork, database, context),
    accounting: (database) => workFor(accountingWork, database, context),
    analytics: (database) => workFor(analyticsWork, database, context),
  };
  const groups = await Promise.all(
    mine.map((group) => start[group](databaseOf(settings, group) as DatabaseLocation)),
  );
  const internal = await startInternalServer({
    host: settings.HOST,
    port: settings.INTERNAL_PORT,
    isReady: async () => {
      const problems = (await Promise.all(groups.map((group) => group.isReady()))).filter(
        (ready) => ready !== true,
      );
      return problems.length === 0 || problems.join('\n');
    },
    clockSkews: groups.map(({ skew }) => skew),
  });
  const gauges = deliveryGauges(internal.registry);
  for (const group of groups) group.show(gauges);
  return {
    info: { groups: mine, queueBackend: broker.backend, internalPort: internal.port },
    async stop() {
      // First the loops that take work, then the queue's workers with their current jobs, then the relays, which note
      // receipts. Receipts that they miss are noted after the next start (see `onCompleted`).
      await Promise.all(groups.map((group) => group.stop()));
      await broker.stopWorkers();
      await Promise.all(groups.map((group) => group.close()));
      await Promise.all([broker.close(), internal.close()]);
    },
  };
}

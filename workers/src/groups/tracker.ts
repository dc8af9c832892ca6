import { databaseNow, watchClockSkew } from '@ates/kit/clockSkew';
import { startConsumer } from '@ates/kit/consumer';
import {
  type DatabaseLocation,
  type LoopName,
  listenForWakes,
  openServiceDatabase,
} from '@ates/kit/database';
import { openHints } from '@ates/kit/hints';
import { purgeInbox } from '@ates/kit/inbox';
import { startRelay } from '@ates/kit/relay';
import { startSweep } from '@ates/kit/sweep';
import { ServiceDatabase } from '@ates/kit/unitOfWork';
import { purgeIdempotencyKeys } from '@ates/tracker/idempotency';
import { findUnfinished } from '@ates/tracker/reassignmentRepository';
import type { TrackerTables } from '@ates/tracker/tables';
import { runReassignmentBatch } from '@ates/tracker/usecases/runReassignmentBatch';
import { databaseIsReady } from '../databaseIsReady.ts';
import type { GroupContext, RunningGroup } from '../group.ts';
import { applyUsersChangedToTracker } from '../handlers/tracker/applyUsersChanged.ts';
import { checkHandlers, consumersOf } from '../routes.ts';
import { startRuns } from '../runs/startRuns.ts';

/** Tracker's work: its relay, its copy of the users, and reassignments. */
export async function startTrackerGroup(
  location: DatabaseLocation,
  { broker, redis, clock, random, log, poolSize, prepare, skew: given }: GroupContext,
): Promise<RunningGroup> {
  const { db, listenUrl } = await openServiceDatabase<TrackerTables>(
    location,
    { poolSize: poolSize ?? 10, statementTimeoutMs: 30_000, applicationName: 'tracker workers', prepare },
    log,
  );
  const skew = given ?? (await watchClockSkew({ db, service: 'tracker', log }));
  const hints = openHints({ service: 'tracker', db, listenUrl, redis, log });
  const database = new ServiceDatabase(db, { clock, hints });
  const now = () => clock.now();
  const relay = await startRelay({
    database,
    broker,
    producer: 'tracker',
    consumers: consumersOf('tracker'),
    now: databaseNow(clock, skew),
    log,
  });
  const consumer = startConsumer({
    database,
    broker,
    consumer: 'tracker',
    handlers: checkHandlers('tracker', [applyUsersChangedToTracker]),
    skew,
    log,
  });
  const runs = startRuns({
    name: 'tracker-reassignments',
    broker,
    clock,
    skew,
    log,
    findUnfinished: (stillSince) => findUnfinished(db, stillSince),
    runBatch: (id) => runReassignmentBatch(database, random, id),
  });
  const housekeeping = startSweep({
    what: "forgetting tracker's old idempotency keys and inbox rows",
    intervalMs: 3_600_000,
    skew,
    log,
    sweep: async () => {
      await purgeIdempotencyKeys(db, now());
      await purgeInbox(db, now());
    },
  });
  const wakers: Record<LoopName, () => void> = {
    outbox_interactive: () => relay.ring('interactive'),
    outbox_bulk: () => relay.ring('bulk'),
    runs: () => runs.ring(),
    mail: () => undefined,
    dead_letters: () => consumer.ring(),
  };
  const notifications = listenForWakes(listenUrl, (loop) => wakers[loop](), log);
  return {
    skew,
    isReady: () => databaseIsReady(db, 'TRACKER_DATABASE_URL', skew),
    show(gauges) {
      gauges.showOverdue('tracker', relay);
      gauges.showPutAside(db);
    },
    async stop() {
      await Promise.all([runs.stop(), consumer.stop(), housekeeping.stop()]);
    },
    async close() {
      skew.stop();
      await Promise.all([notifications.stop(), relay.stop()]);
      await hints.close();
      await db.destroy();
    },
  };
}

import type { AuthTables } from '@ates/auth/tables';
import { databaseNow, watchClockSkew } from '@ates/kit/clockSkew';
import { type DatabaseLocation, listenForBells, openServiceDatabase } from '@ates/kit/database';
import { startRelay } from '@ates/kit/relay';
import { databaseIsReady } from '../databaseIsReady.ts';
import type { GroupContext, RunningGroup } from '../group.ts';
import { consumersOf } from '../routes.ts';

/** Auth's work: its relay. */
export async function startAuthGroup(
  database: DatabaseLocation,
  { broker, clock, log, poolSize, prepare, skew: given }: GroupContext,
): Promise<RunningGroup> {
  const { db, listenUrl } = await openServiceDatabase<AuthTables>(
    database,
    { poolSize: poolSize ?? 4, statementTimeoutMs: 30_000, applicationName: 'auth workers', prepare },
    log,
  );
  const skew = given ?? (await watchClockSkew({ db, service: 'auth', log }));
  const relay = await startRelay({
    db,
    broker,
    producer: 'auth',
    consumers: consumersOf('auth'),
    now: databaseNow(clock, skew),
    log,
  });
  const ringers = {
    outbox_interactive: () => relay.ring('interactive'),
    outbox_bulk: () => relay.ring('bulk'),
    runs: () => undefined,
    dead_letters: () => undefined,
  };
  const bells = listenForBells(listenUrl, (bell) => ringers[bell](), log);
  return {
    skew,
    isReady: () => databaseIsReady(db, 'AUTH_DATABASE_URL', skew),
    show(gauges) {
      gauges.showOverdue('auth', relay);
    },
    stop: async () => undefined,
    async close() {
      skew.stop();
      await Promise.all([bells.stop(), relay.stop()]);
      await db.destroy();
    },
  };
}

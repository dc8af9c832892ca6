import type { AuthTables } from '@ates/auth/tables';
import { databaseNow, watchClockSkew } from '@ates/kit/clockSkew';
import {
  type DatabaseLocation,
  type LoopName,
  listenForWakes,
  openServiceDatabase,
} from '@ates/kit/database';
import { startRelay } from '@ates/kit/relay';
import { ServiceDatabase } from '@ates/kit/unitOfWork';
import { databaseIsReady } from '../databaseIsReady.ts';
import type { GroupContext, RunningGroup } from '../group.ts';
import { consumersOf } from '../routes.ts';

/** Auth's work: its relay. */
export async function startAuthGroup(
  location: DatabaseLocation,
  { broker, clock, log, poolSize, prepare, skew: given }: GroupContext,
): Promise<RunningGroup> {
  const { db, listenUrl } = await openServiceDatabase<AuthTables>(
    location,
    { poolSize: poolSize ?? 4, statementTimeoutMs: 30_000, applicationName: 'auth workers', prepare },
    log,
  );
  const skew = given ?? (await watchClockSkew({ db, service: 'auth', log }));
  const database = new ServiceDatabase(db, { clock });
  const relay = await startRelay({
    database,
    broker,
    producer: 'auth',
    consumers: consumersOf('auth'),
    now: databaseNow(clock, skew),
    log,
  });
  const wakers: Record<LoopName, () => void> = {
    outbox_interactive: () => relay.ring('interactive'),
    outbox_bulk: () => relay.ring('bulk'),
    runs: () => undefined,
    mail: () => undefined,
    dead_letters: () => undefined,
  };
  const notifications = listenForWakes(listenUrl, (loop) => wakers[loop](), log);
  return {
    skew,
    isReady: () => databaseIsReady(db, 'AUTH_DATABASE_URL', skew),
    show(gauges) {
      gauges.showOverdue('auth', relay);
    },
    stop: async () => undefined,
    async close() {
      skew.stop();
      await Promise.all([notifications.stop(), relay.stop()]);
      await db.destroy();
    },
  };
}

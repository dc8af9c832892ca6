import type { IncomingHttpHeaders } from 'node:http';
import { identifyCallers } from '@ates/kit/caller';
import { type Clock, type Random, systemClock, systemRandom } from '@ates/kit/clock';
import { type ClockSkew, watchClockSkew } from '@ates/kit/clockSkew';
import { openServiceDatabase } from '@ates/kit/database';
import { secretsOfGateway } from '@ates/kit/gatewaySecret';
import { openHints } from '@ates/kit/hints';
import { LiveViews } from '@ates/kit/live';
import type { Log } from '@ates/kit/log';
import { redisOf } from '@ates/kit/redis';
import { type RunningSubgraph, serveSubgraph } from '@ates/kit/subgraph';
import { createTokenVerifier } from '@ates/kit/token';
import { ServiceDatabase } from '@ates/kit/unitOfWork';
import { isRole, scopesOfRole } from '@ates/schema/access';
import { readSdl } from '@ates/schema/sdl';
import { type Kysely, sql } from 'kysely';
import type { Context } from './context.ts';
import { openLive } from './live.ts';
import { createLoaders } from './loaders.ts';
import { resolvers } from './resolvers.ts';
import type { TrackerSettings } from './settings.ts';
import type { TrackerTables } from './tables.ts';
import { findUserStates } from './userRepository.ts';

/** Starts the tracker subgraph. @param given whether the clock may be trusted, in place of measuring it */
export async function startTracker(
  settings: TrackerSettings,
  log: Log,
  clock: Clock = systemClock,
  random: Random = systemRandom,
  given?: ClockSkew,
): Promise<RunningSubgraph> {
  const gatewaySecrets = secretsOfGateway(settings, log);
  const { db, listenUrl } = await openServiceDatabase<TrackerTables>(
    {
      url: settings.TRACKER_DATABASE_URL,
      listenUrl: settings.TRACKER_LISTEN_URL,
      setting: 'TRACKER_DATABASE_URL',
    },
    { poolSize: settings.DATABASE_POOL_SIZE ?? 10, statementTimeoutMs: 10_000, applicationName: 'tracker' },
    log,
  );
  const skew = given ?? (await watchClockSkew({ db, service: 'tracker', log }));
  const hints = openHints({
    service: 'tracker',
    db,
    listenUrl,
    redis: redisOf(settings),
    log,
  });
  const database = new ServiceDatabase(db, { clock, hints });
  const views = new LiveViews(log);
  const live = openLive(views, db);
  hints.listen(views);
  const identify = identifyCallers({
    verifyToken: createTokenVerifier(new URL(settings.JWKS_URL), () => clock.now()),
    isRole,
    scopesOfRole,
    findOwnCopies: (userIds) => findUserStates(db, userIds),
  });
  const context = async (request: { headers: IncomingHttpHeaders }): Promise<Context> => ({
    ...(await identify(request)),
    database,
    log,
    random,
    loaders: createLoaders(db),
    live,
  });
  const subgraph = await serveSubgraph<Context>({
    typeDefs: readSdl('tracker'),
    resolvers,
    gatewaySecrets,
    maxAnswerBytes: settings.MAX_ANSWER_BYTES,
    host: settings.HOST,
    port: settings.PORT,
    internalPort: settings.INTERNAL_PORT,
    log,
    isReady: () => isReady(db),
    skew,
    context,
    payloadContext: context,
  });
  return {
    ...subgraph,
    async stop() {
      views.close();
      await subgraph.stop();
      skew.stop();
      await hints.close();
      await db.destroy();
    },
  };
}

async function isReady(db: Kysely<TrackerTables>): Promise<true | string> {
  try {
    await sql`select 1 from task limit 1`.execute(db);
    return true;
  } catch (error) {
    return `tracker's database (TRACKER_DATABASE_URL) does not answer: ${(error as Error).message}`;
  }
}

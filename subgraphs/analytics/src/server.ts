import type { IncomingHttpHeaders } from 'node:http';
import { identifyCallers } from '@ates/kit/caller';
import { type Clock, systemClock } from '@ates/kit/clock';
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
import { findUserStates } from './repository.ts';
import { resolvers } from './resolvers.ts';
import type { AnalyticsSettings } from './settings.ts';
import type { AnalyticsTables } from './tables.ts';

/** Starts the analytics subgraph. It starts and is ready without auth, which it needs at the first request only. */
export async function startAnalytics(
  settings: AnalyticsSettings,
  log: Log,
  clock: Clock = systemClock,
  given?: ClockSkew,
): Promise<RunningSubgraph> {
  const gatewaySecrets = secretsOfGateway(settings, log);
  const { db, listenUrl } = await openServiceDatabase<AnalyticsTables>(
    {
      url: settings.ANALYTICS_DATABASE_URL,
      listenUrl: settings.ANALYTICS_LISTEN_URL,
      setting: 'ANALYTICS_DATABASE_URL',
    },
    { poolSize: settings.DATABASE_POOL_SIZE ?? 10, statementTimeoutMs: 10_000, applicationName: 'analytics' },
    log,
  );
  const skew = given ?? (await watchClockSkew({ db, service: 'analytics', log }));
  const hints = openHints({
    service: 'analytics',
    db,
    listenUrl,
    redis: redisOf(settings),
    log,
  });
  const database = new ServiceDatabase(db, { clock, hints });
  const views = new LiveViews(log);
  const live = openLive(views, database, settings.COMPANY_TIME_ZONE);
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
    timeZone: settings.COMPANY_TIME_ZONE,
    live,
  });
  const subgraph = await serveSubgraph<Context>({
    typeDefs: readSdl('analytics'),
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

async function isReady(db: Kysely<AnalyticsTables>): Promise<true | string> {
  try {
    await sql`select 1 from task_day limit 1`.execute(db);
    return true;
  } catch (error) {
    return `analytics' database (ANALYTICS_DATABASE_URL) does not answer: ${(error as Error).message}`;
  }
}

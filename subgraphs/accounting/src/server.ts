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
import { createLoaders } from './loaders.ts';
import { findUserStates } from './repository.ts';
import { resolvers } from './resolvers.ts';
import type { AccountingSettings } from './settings.ts';
import type { AccountingTables } from './tables.ts';
import { openBooks } from './usecases/openBooks.ts';

/** Starts the accounting subgraph. The first start of all opens the company's books. */
export async function startAccounting(
  settings: AccountingSettings,
  log: Log,
  clock: Clock = systemClock,
  given?: ClockSkew,
): Promise<RunningSubgraph> {
  const gatewaySecrets = secretsOfGateway(settings, log);
  const { db, listenUrl } = await openServiceDatabase<AccountingTables>(
    {
      url: settings.ACCOUNTING_DATABASE_URL,
      listenUrl: settings.ACCOUNTING_LISTEN_URL,
      setting: 'ACCOUNTING_DATABASE_URL',
    },
    {
      poolSize: settings.DATABASE_POOL_SIZE ?? 10,
      statementTimeoutMs: 10_000,
      applicationName: 'accounting',
    },
    log,
  );
  const skew = given ?? (await watchClockSkew({ db, service: 'accounting', log }));
  const books = await openBooks(db, clock, {
    timeZone: settings.COMPANY_TIME_ZONE,
    priceKey: settings.PRICE_KEY,
    skew,
  });
  const hints = openHints({
    service: 'accounting',
    db,
    listenUrl,
    redis: redisOf(settings),
    log,
  });
  const database = new ServiceDatabase(db, { clock, hints });
  const views = new LiveViews(log);
  const live = openLive(views, database, books);
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
    books,
    loaders: createLoaders(database, books),
    live,
  });
  const subgraph = await serveSubgraph<Context>({
    typeDefs: readSdl('accounting'),
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

async function isReady(db: Kysely<AccountingTables>): Promise<true | string> {
  try {
    await sql`select 1 from company limit 1`.execute(db);
    return true;
  } catch (error) {
    return `accounting's database (ACCOUNTING_DATABASE_URL) does not answer: ${(error as Error).message}`;
  }
}

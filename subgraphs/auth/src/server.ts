import type { IncomingMessage, ServerResponse } from 'node:http';
import { identifyCallers } from '@ates/kit/caller';
import { type Clock, isId, systemClock } from '@ates/kit/clock';
import { assertInStep, type ClockSkew, watchClockSkew } from '@ates/kit/clockSkew';
import { openDatabase } from '@ates/kit/database';
import { holdsSecret, secretsOfGateway } from '@ates/kit/gatewaySecret';
import { type Log, seldom } from '@ates/kit/log';
import { type RunningSubgraph, serveSubgraph } from '@ates/kit/subgraph';
import { startSweep } from '@ates/kit/sweep';
import { createTokenVerifier, type VerifyToken } from '@ates/kit/token';
import { ServiceDatabase } from '@ates/kit/unitOfWork';
import { isRole, scopesOfRole } from '@ates/schema/access';
import { readSdl } from '@ates/schema/sdl';
import DataLoader from 'dataloader';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { type Kysely, sql } from 'kysely';
import type { Context } from './context.ts';
import { readCookie } from './cookie.ts';
import { findSession, findUsers, listEndedSessions, purgeSessions } from './repository.ts';
import { resolvers } from './resolvers.ts';
import type { AuthSettings } from './settings.ts';
import type { AuthTables } from './tables.ts';
import { publishedKeys, rotateSigningKeys } from './usecases/rotateSigningKeys.ts';
import { type Seed, type SeededLogins, seedCompany } from './usecases/seedCompany.ts';

/** How often keys are rotated where one is due, in milliseconds. */
const housekeepingIntervalMs = 3_600_000;

/** Starts the auth subgraph: its graph, `/.well-known/jwks.json` and, for the gateway, `/introspect`. */
export async function startAuth(
  settings: AuthSettings,
  log: Log,
  clock: Clock = systemClock,
  given?: ClockSkew,
): Promise<RunningSubgraph & { seeded: SeededLogins | null }> {
  const gatewaySecrets = secretsOfGateway(settings, log);
  const db = openDatabase<AuthTables>(
    settings.AUTH_DATABASE_URL,
    { poolSize: settings.DATABASE_POOL_SIZE ?? 10, statementTimeoutMs: 10_000, applicationName: 'auth' },
    log,
  );
  const skew = given ?? (await watchClockSkew({ db, service: 'auth', log }));
  if (!skew.outOfStep) await rotateSigningKeys(db, clock);
  const housekeeping = startSweep({
    what: 'rotating signing keys and forgetting old sessions',
    intervalMs: housekeepingIntervalMs,
    skew,
    log,
    sweep: async () => {
      await rotateSigningKeys(db, clock);
      await purgeSessions(db, clock.now());
    },
  });
  const database = new ServiceDatabase(db, { clock });
  const verifyToken = verifierOf(db, clock, skew);
  const reportFailure = seldom((path: string, error: unknown) =>
    log.error({ err: error }, `${path} cannot be answered: ${(error as Error).message}`),
  );
  const identify = identifyCallers({
    verifyToken,
    isRole,
    scopesOfRole,
    findOwnCopies: (userIds) => findUsers(db, userIds),
  });
  const subgraph = await serveSubgraph<Context>({
    typeDefs: readSdl('auth'),
    resolvers,
    gatewaySecrets,
    maxAnswerBytes: settings.MAX_ANSWER_BYTES,
    host: settings.HOST,
    port: settings.PORT,
    internalPort: settings.INTERNAL_PORT,
    log,
    isReady: () => isReady(db),
    skew,
    extra: (request, response) =>
      answerAuthEndpoints(request, response, {
        ...{ db, clock, skew, verifyToken, gatewaySecrets, reportFailure },
      }),
    context: async (request, response) => {
      const { caller, access } = await identify(request);
      const session = caller && (await findSession(db, caller.sessionId));
      const goesOn = session && !session.ended;
      return {
        caller: goesOn ? caller : null,
        access: caller && !goesOn ? { problem: 'ended' } : access,
        database,
        clientAddress: String(request.headers['x-client-address'] ?? 'unknown'),
        cookie: readCookie(request, response),
        justSignedIn: new Set(),
        usersById: new DataLoader(async (ids) => {
          const users = new Map((await findUsers(db, ids)).map((user) => [user.id, user]));
          return ids.map((id) => users.get(id.toLowerCase()) ?? null);
        }),
      };
    },
  });
  const seed: Seed =
    settings.SEED === 'demo'
      ? { kind: 'demo' }
      : { kind: 'admin', login: settings.ADMIN_LOGIN, beakShape: settings.ADMIN_BEAK_SHAPE };
  // Last of all: a made-up beak shape is shown once, so nothing may fail between making and showing it.
  const seeded = await seedCompany(database, seed);
  return {
    ...subgraph,
    seeded,
    async stop() {
      skew.stop();
      await Promise.all([subgraph.stop(), housekeeping.stop()]);
      await db.destroy();
    },
  };
}

/** Auth verifies with the keys of its own database, read again where a token names one that is not known. */
function verifierOf(db: Kysely<AuthTables>, clock: Clock, skew: ClockSkew): VerifyToken {
  let known: { keys: ReturnType<typeof createLocalJWKSet>; readAt: number } | undefined;
  const read = async () => {
    known = {
      keys: createLocalJWKSet((await publishedKeys(db, clock, skew)) as unknown as JSONWebKeySet),
      readAt: Date.now(),
    };
    return known.keys;
  };
  return createTokenVerifier(
    async (header, token) => {
      try {
        return await (known?.keys ?? (await read()))(header, token);
      } catch (error) {
        if (Date.now() - (known?.readAt ?? 0) < 1_000) throw error;
        return (await read())(header, token);
      }
    },
    () => clock.now(),
  );
}

async function isReady(db: Kysely<AuthTables>): Promise<true | string> {
  try {
    await sql`select 1 from signing_key limit 1`.execute(db);
    return true;
  } catch (error) {
    return `auth's database (AUTH_DATABASE_URL) does not answer: ${(error as Error).message}`;
  }
}

/**
 * `/.well-known/jwks.json` for everybody; `POST /introspect` (RFC 7662) and `GET /ended-sessions?since=` for the
 * gateway.
 */
function answerAuthEndpoints(
  request: IncomingMessage,
  response: ServerResponse,
  options: {
    db: Kysely<AuthTables>;
    clock: Clock;
    skew: ClockSkew;
    verifyToken: VerifyToken;
    gatewaySecrets: readonly string[];
    reportFailure: (path: string, error: unknown) => void;
  },
): boolean {
  const answer = (work: Promise<unknown>) => {
    work.then(
      (body) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
          .end(JSON.stringify(body)),
      (error: unknown) => {
        options.reportFailure(request.url ?? '', error);
        response
          .writeHead(503, { 'content-type': 'text/plain' })
          .end('Auth cannot answer this now. Try again.\n');
      },
    );
    return true;
  };
  if (request.url === '/.well-known/jwks.json')
    return answer(publishedKeys(options.db, options.clock, options.skew));
  const [path, parameters] = (request.url ?? '').split('?', 2);
  if (path === '/ended-sessions' && request.method === 'GET' && holdsSecret(request, options.gatewaySecrets))
    return answer(endedSessions(options, new URLSearchParams(parameters).get('since')));
  if (
    request.url !== '/introspect' ||
    request.method !== 'POST' ||
    !holdsSecret(request, options.gatewaySecrets)
  )
    return false;
  return answer(introspect(request, options));
}

/** How far back one looks who says nothing else, and how far at most, in milliseconds. */
const endedLookBackMs = { unlessSaid: 10_000, atMost: 3_600_000 };

/** The sessions that have ended since a moment (ISO 8601), by log-out, deactivation or a stolen token. */
async function endedSessions(
  { db, clock, skew }: { db: Kysely<AuthTables>; clock: Clock; skew: ClockSkew },
  since: string | null,
): Promise<{ now: string; sessions: string[] }> {
  // The next question goes by the moment of this answer.
  assertInStep(skew);
  const now = clock.now();
  const given = since === null ? Number.NaN : new Date(since).getTime();
  const from = Number.isNaN(given) ? now.getTime() - endedLookBackMs.unlessSaid : given;
  const earliest = new Date(Math.max(from, now.getTime() - endedLookBackMs.atMost));
  return { now: now.toISOString(), sessions: await listEndedSessions(db, earliest) };
}

/** Whether a token's session still goes on and its user is active. */
async function introspect(
  request: IncomingMessage,
  { db, skew, verifyToken }: { db: Kysely<AuthTables>; skew: ClockSkew; verifyToken: VerifyToken },
): Promise<{ active: boolean }> {
  // By a clock that is ahead every token has run out, and everybody would be logged out.
  assertInStep(skew);
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 10_000) return { active: false };
  }
  const verdict = await verifyToken(`Bearer ${new URLSearchParams(body).get('token') ?? ''}`);
  if ('problem' in verdict || !isId(verdict.claims.sessionId)) return { active: false };
  const session = await findSession(db, verdict.claims.sessionId);
  return { active: session !== undefined && !session.ended && session.user.active };
}

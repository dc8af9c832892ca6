import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { holdsSecret } from '@ates/kit/graph/gatewaySecret';
import type { VerifyToken } from '@ates/kit/graph/token';
import { assertInStep, type ClockSkew } from '@ates/kit/process/clockSkew';
import { isId } from '@ates/kit/process/ids';
import { findSession, listEndedSessions } from './repository.ts';
import type { AuthTables } from './tables.ts';
import { publishedKeys } from './usecases/rotateSigningKeys.ts';

/**
 * Answers `/.well-known/jwks.json` for everyone, and `POST /introspect` (RFC 7662) and `GET /ended-sessions?since=`
 * for the gateway. Returns false for any other request.
 */
export function answerEndpoints(
  request: IncomingMessage,
  response: ServerResponse,
  options: {
    database: ServiceDatabase<AuthTables>;
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
  if (request.url === '/.well-known/jwks.json') return answer(publishedKeys(options.database, options.skew));
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

/** How far back `/ended-sessions` looks without `since`, and how far at most, in milliseconds. */
const endedLookBackMs = { unlessSaid: 10_000, atMost: 3_600_000 };

/** Returns the sessions that have ended since a moment (ISO 8601), by log-out, deactivation or a stolen token. */
async function endedSessions(
  { database: { db, clock }, skew }: { database: ServiceDatabase<AuthTables>; skew: ClockSkew },
  since: string | null,
): Promise<{ now: string; sessions: string[] }> {
  // The gateway takes its next `since` from the moment of this answer.
  assertInStep(skew);
  const now = clock.now();
  const given = since === null ? Number.NaN : new Date(since).getTime();
  const from = Number.isNaN(given) ? now.getTime() - endedLookBackMs.unlessSaid : given;
  const earliest = new Date(Math.max(from, now.getTime() - endedLookBackMs.atMost));
  return { now: now.toISOString(), sessions: await listEndedSessions(db, earliest) };
}

/** Answers with `active: true` where the session of a token is still open and its user is active. */
async function introspect(
  request: IncomingMessage,
  {
    database: { db },
    skew,
    verifyToken,
  }: { database: ServiceDatabase<AuthTables>; skew: ClockSkew; verifyToken: VerifyToken },
): Promise<{ active: boolean }> {
  // With a clock that is ahead, every token would look expired and all users would be logged out.
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

import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';

/** What an access token says of its user when it was issued. */
export interface TokenClaims {
  readonly userId: string;
  readonly role: string;
  /** The version of the user that the token was made from. */
  readonly userVersion: number;
  readonly sessionId: string;
  readonly expiresAt: Date;
}

/** Why a request has no caller; each sentence says what to do. */
export const authenticationProblems = {
  missing: 'Sign in first: send an access token as "Authorization: Bearer …".',
  invalid: 'The access token is not one of ours or is damaged. Sign in again.',
  expired: 'The access token has run out. Renew it with refreshSession, or sign in again.',
  ended: 'This session has ended. Sign in again.',
} as const;
export type AuthenticationProblem = keyof typeof authenticationProblems;

export type TokenVerdict = { claims: TokenClaims } | { problem: AuthenticationProblem };

/** Verifies the value of an `Authorization` header. Rejects only where the keys cannot be fetched. */
export type VerifyToken = (authorization: string | undefined) => Promise<TokenVerdict>;

export const tokenAlgorithm = 'EdDSA';

/** Finds a token's key. */
export type KeySource = JWTVerifyGetKey;

/** How many verified tokens are kept. */
const maxRemembered = 10_000;

/**
 * Returns a verifier by the published keys (rule 1). A verified token is kept until it expires: live payloads bring the same
 * token many times a second, and its signature takes as long as all the rest of a small payload. Keys are fetched again
 * when a token names an unknown one, so a rotation needs no restart; while they cannot be fetched, the known ones count.
 */
export function createTokenVerifier(keys: URL | KeySource, now: () => Date): VerifyToken {
  const source =
    keys instanceof URL
      ? createRemoteJWKSet(keys, { timeoutDuration: 3_000, cooldownDuration: 5_000, cacheMaxAge: Infinity })
      : keys;
  const verified = new LRUCache<string, TokenClaims>({ max: maxRemembered });
  return async (authorization) => {
    if (!authorization) return { problem: 'missing' };
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
    if (!token) return { problem: 'invalid' };
    const known = verified.get(token);
    if (known && known.expiresAt > now()) return { claims: known };
    verified.delete(token);
    try {
      const { payload } = await jwtVerify(token, source, {
        algorithms: [tokenAlgorithm],
        currentDate: now(),
      });
      const claims = readClaims(payload);
      verified.set(token, claims);
      return { claims };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { problem: 'expired' };
      const isUnreachable = error instanceof errors.JWKSTimeout;
      const isInvalid = error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC';
      if (error instanceof ClaimsError || (isInvalid && !isUnreachable)) return { problem: 'invalid' };
      throw new Error('the keys that tokens are verified with cannot be fetched from auth', { cause: error });
    }
  };
}

class ClaimsError extends Error {}

function readClaims(payload: JWTPayload): TokenClaims {
  const { sub, role, ver, sid, exp } = payload;
  if (
    typeof sub !== 'string' ||
    typeof role !== 'string' ||
    typeof ver !== 'number' ||
    typeof sid !== 'string' ||
    typeof exp !== 'number'
  ) {
    throw new ClaimsError('claims are missing');
  }
  return { userId: sub, role, userVersion: ver, sessionId: sid, expiresAt: new Date(exp * 1000) };
}

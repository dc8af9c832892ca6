import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';

/** What an access token says of its bearer, before anyone looked whether it still holds. */
export interface TokenClaims {
  readonly userId: string;
  readonly role: string;
  /** The version of the user's record that the token was made from. */
  readonly userVersion: number;
  readonly sessionId: string;
  readonly expiresAt: Date;
}

/** Why a request has no principal; the sentences tell the caller what to do. */
export const authenticationProblems = {
  missing: 'Sign in first: send an access token as "Authorization: Bearer …".',
  invalid: 'The access token is not one of ours or is damaged. Sign in again.',
  expired: 'The access token has run out. Renew it with refreshSession, or sign in again.',
  ended: 'This session has ended. Sign in again.',
} as const;
export type AuthenticationProblem = keyof typeof authenticationProblems;

export type TokenVerdict = { claims: TokenClaims } | { problem: AuthenticationProblem };

/** Verifies the `Authorization` header's value. Rejects only where the keys cannot be fetched. */
export type VerifyToken = (authorization: string | undefined) => Promise<TokenVerdict>;

export const tokenAlgorithm = 'EdDSA';

/** Finds the key that a token names. */
export type KeySource = JWTVerifyGetKey;

/** How many verified tokens are remembered. */
const maxRemembered = 10_000;

/**
 * A verifier over the published keys (rule 1). A token that was verified is not verified again until it runs out: live
 * payloads bring the same one many times a second, and a signature takes as long as all the rest of a small payload.
 * Keys are kept and fetched anew when a token names one that is not known, so a rotation needs no restart; while they
 * cannot be fetched the known ones go on serving.
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
      if (error instanceof errors.JWKSTimeout)
        throw new Error('the keys that tokens are verified with cannot be fetched from auth', {
          cause: error,
        });
      if (error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC')
        return { problem: 'invalid' };
      if (error instanceof ClaimsError) return { problem: 'invalid' };
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

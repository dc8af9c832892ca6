import { createHash, randomBytes } from 'node:crypto';
import type { User } from './user.ts';

/** The tokens that a log-in or a renewal returns. */
export interface Session {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string | null;
  readonly user: User;
}

/** How long an access token is valid (rule 1), in milliseconds. */
export const accessTokenLifeMs = 15 * 60_000;
/** How long a refresh token can be swapped, in milliseconds. */
export const refreshTokenLifeMs = 30 * 86_400_000;
/** How long a second use of a token is forgiven, because an answer may be lost (rule 1), in milliseconds. */
export const lostAnswerGraceMs = 5_000;

/** Returns a new refresh token: 256 random bits. */
export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/** Returns the stored form of a refresh token. The token is random enough for a fast hash. */
export const hashRefreshToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** A refresh token as the database has it. */
export interface FoundToken {
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly sessionEnded: boolean;
  /** True where a token that it was swapped for has been used in turn. */
  readonly successorUsed: boolean;
}

/**
 * Decides whether a refresh token may be swapped (rule 1): once; and again for five seconds, while its successor is
 * unused. Any other second use means that the token was copied: the whole family ends.
 */
export function judgeRefresh(token: FoundToken, now: Date): 'swap' | 'refuse' | 'end the family' {
  if (token.sessionEnded || token.expiresAt <= now) return 'refuse';
  if (token.usedAt === null) return 'swap';
  const forgiven = now.getTime() - token.usedAt.getTime() <= lostAnswerGraceMs && !token.successorUsed;
  return forgiven ? 'swap' : 'end the family';
}

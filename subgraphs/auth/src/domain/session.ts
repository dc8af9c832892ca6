import { createHash, randomBytes } from 'node:crypto';
import type { User } from './user.ts';

/** What a log-in or a renewal hands out. */
export interface Session {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string | null;
  readonly user: User;
}

/** How long an access token holds (rule 1), in milliseconds. */
export const accessTokenLifeMs = 15 * 60_000;
/** How long a refresh token can be swapped, in milliseconds. */
export const refreshTokenLifeMs = 30 * 86_400_000;
/** How long a token that was just swapped is forgiven, for answers lost on the way (rule 1), in milliseconds. */
export const lostAnswerGraceMs = 5_000;

/** A new refresh token: 256 bits of chance. */
export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/** What is kept of a refresh token. Its chance is enough that a fast hash will do. */
export const hashRefreshToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** A refresh token as it was found. */
export interface FoundToken {
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly sessionEnded: boolean;
  /** Whether a token it was swapped for has been used in turn. */
  readonly successorUsed: boolean;
}

/**
 * Whether a refresh token may be swapped (rule 1): once; and again for five seconds while nobody used what it was
 * swapped for. Any other second use means that somebody copied it: the whole family ends.
 */
export function judgeRefresh(token: FoundToken, now: Date): 'swap' | 'refuse' | 'end the family' {
  if (token.sessionEnded || token.expiresAt <= now) return 'refuse';
  if (token.usedAt === null) return 'swap';
  const forgiven = now.getTime() - token.usedAt.getTime() <= lostAnswerGraceMs && !token.successorUsed;
  return forgiven ? 'swap' : 'end the family';
}

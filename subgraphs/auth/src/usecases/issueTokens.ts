import type { Transaction } from 'kysely';
import { hashRefreshToken, newRefreshToken, refreshTokenLifeMs, type Session } from '../domain/session.ts';
import { activeKey, signAccessToken } from '../domain/signingKey.ts';
import type { User } from '../domain/user.ts';
import { insertRefreshToken } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { readSigningKeys } from './rotateSigningKeys.ts';

/** Issues the next pair of tokens of a session, in the transaction that allowed it. */
export async function issueTokens(
  trx: Transaction<AuthTables>,
  user: User,
  sessionId: string,
  predecessor: string | null,
  now: Date,
): Promise<Session> {
  const key = activeKey(await readSigningKeys(trx), now);
  if (!key) throw new Error('auth has no signing key');
  const refreshToken = newRefreshToken();
  await insertRefreshToken(trx, {
    hash: hashRefreshToken(refreshToken),
    sessionId,
    predecessor,
    now,
    expiresAt: new Date(now.getTime() + refreshTokenLifeMs),
  });
  const { token, expiresAt } = await signAccessToken(key, user, sessionId, now);
  return { accessToken: token, accessTokenExpiresAt: expiresAt, refreshToken, user };
}

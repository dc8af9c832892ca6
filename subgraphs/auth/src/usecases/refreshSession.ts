import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { Refusal } from '@ates/kit/process/refusal';
import { hashRefreshToken, judgeRefresh, type Session } from '../domain/session.ts';
import { endSession, lockRefreshToken, lockUser, markTokenUsed } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { issueTokens } from './issueTokens.ts';

const refused = () => new Refusal('UNAUTHENTICATED', 'This session has ended. Sign in again.');

/**
 * Swaps a refresh token for a new one and an access token (rule 1). A token that was used before ends the whole
 * session of its log-in, except just after its first use: the answer may have been lost on the way.
 * @throws Refusal UNAUTHENTICATED where the token is unknown, used or expired, or its session or user has ended.
 */
export async function refreshSession(
  database: ServiceDatabase<AuthTables>,
  refreshToken: string,
): Promise<Session> {
  const hash = hashRefreshToken(refreshToken);
  const session = await database.transact(async ({ trx, now }) => {
    const token = await lockRefreshToken(trx, hash);
    const verdict = token ? judgeRefresh(token, now) : 'refuse';
    if (!token || verdict === 'refuse') return null;
    if (verdict === 'end the family') {
      // Refused only after the commit: a refusal here would roll back the end of the family.
      await endSession(trx, token.sessionId, now);
      return null;
    }
    const user = await lockUser(trx, token.userId);
    if (!user?.active) return null;
    await markTokenUsed(trx, hash, now);
    return issueTokens(trx, user, token.sessionId, hash, now);
  });
  if (!session) throw refused();
  return session;
}

import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { Refusal } from '@ates/kit/process/refusal';
import { hashRefreshToken, judgeRefresh, type Session } from '../domain/session.ts';
import { endSession, lockRefreshToken, lockUser, markTokenUsed } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { issueTokens } from './issueTokens.ts';

const refused = () => new Refusal('UNAUTHENTICATED', 'This session has ended. Sign in again.');

/**
 * Swaps a refresh token for a new session (rule 1). One that was used before ends every session descended from its
 * log-in, except right after its use, for answers lost on the way.
 * @throws Refusal UNAUTHENTICATED where the token is unknown, used, run out, or its session or user has ended.
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
      // Committed, and only then refused: the end of the family must not be rolled back.
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

import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { newId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import { verifyBeakShape } from '../beakHash.ts';
import { networkOf } from '../domain/network.ts';
import type { Session } from '../domain/session.ts';
import { normaliseBeakShape } from '../domain/user.ts';
import {
  countLoginFailure,
  findCredentials,
  forgetLoginFailures,
  insertSession,
  lockUser,
} from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { issueTokens } from './issueTokens.ts';

/** How many failed log-ins are allowed within the window (rule 1): per login, and per address or IPv6 network. */
export const failureLimits = { perLogin: 10, perAddress: 100, windowMs: 15 * 60_000 };

const refused = () => new Refusal('UNAUTHENTICATED', 'No active account has this login and this beak shape.');

/**
 * Logs a user in with the shape of their beak (rule 1). An unknown login and a wrong shape look the same, at the same
 * speed.
 * @throws Refusal UNAUTHENTICATED where no active user has both; TOO_MANY_REQUESTS after too many failures of this
 * login or from this address.
 */
export async function logIn(
  database: ServiceDatabase<AuthTables>,
  attempt: { login: string; beakShape: string; clientAddress: string },
): Promise<Session> {
  const { db } = database;
  const now = database.clock.now();
  // PostgreSQL takes no NUL in a text. Here it becomes a character that no login has.
  const login = attempt.login.trim().toLowerCase().slice(0, 200).replaceAll('\0', '\ufffd');
  const subjects = { login: `login:${login}`, address: `address:${networkOf(attempt.clientAddress)}` };
  // The address comes first: a blocked address must not count against logins, or it could lock out all users.
  for (const [subject, limit] of [
    [subjects.address, failureLimits.perAddress],
    [subjects.login, failureLimits.perLogin],
  ] as const) {
    if ((await countLoginFailure(db, subject, now, failureLimits.windowMs)) > limit) {
      throw new Refusal(
        'TOO_MANY_REQUESTS',
        'Too many failed log-ins. Wait a quarter of an hour, then try again.',
      );
    }
  }
  const found = await findCredentials(db, login);
  const matches = await verifyBeakShape(
    found?.beakHash,
    normaliseBeakShape(attempt.beakShape).slice(0, 1_000),
  );
  if (!found || !matches || !found.user.active) {
    throw refused();
  }
  await forgetLoginFailures(db, subjects.login, subjects.address);
  return database.transact(async ({ trx }) => {
    // Reads again under the lock: meanwhile the shape may have been reset, or the user deactivated.
    const user = await lockUser(trx, found.user.id);
    const current = await findCredentials(trx, login);
    if (!user?.active || current?.beakHash !== found.beakHash) throw refused();
    const sessionId = newId();
    await insertSession(trx, { id: sessionId, userId: user.id, now });
    return issueTokens(trx, user, sessionId, null, now);
  });
}

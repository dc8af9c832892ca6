import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import type { Caller } from '@ates/kit/graph/caller';
import { endSession, endSessionsOf } from '../repository.ts';
import type { AuthTables } from '../tables.ts';

/** Ends the caller's session, or all of the caller's sessions. */
export async function logOut(
  { db, clock }: ServiceDatabase<AuthTables>,
  caller: Caller,
  everywhere: boolean,
): Promise<true> {
  if (everywhere) await endSessionsOf(db, caller.userId, clock.now());
  else await endSession(db, caller.sessionId, clock.now());
  return true;
}

import { type Clock, isId } from '@ates/kit/clock';
import { requestResend } from '@ates/kit/inbox';
import { Refusal } from '@ates/kit/refusal';
import type { Kysely } from 'kysely';
import type { AnalyticsTables } from '../tables.ts';

/**
 * Asks for a fact that analytics refused for good to be applied again; a worker does it.
 * @throws Refusal BAD_USER_INPUT; NOT_FOUND where there is no such dead letter.
 */
export async function resendAnalyticsDeadLetter(
  db: Kysely<AnalyticsTables>,
  clock: Clock,
  id: string,
): Promise<true> {
  if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a dead letter's id.`);
  if (!(await requestResend(db, id, clock.now())))
    throw new Refusal('NOT_FOUND', `There is no dead letter ${id}; it may have been applied meanwhile.`);
  return true;
}

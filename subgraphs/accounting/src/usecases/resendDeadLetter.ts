import { type Clock, isId } from '@ates/kit/clock';
import { type DeadLetter, type InboxTables, listDeadLetters, requestResend } from '@ates/kit/inbox';
import { checkPageSize } from '@ates/kit/page';
import { Refusal } from '@ates/kit/refusal';
import type { Kysely } from 'kysely';
import type { AccountingTables } from '../tables.ts';

/** The facts that accounting, or the mailer, refused for good; newest first. */
export async function listAccountingDeadLetters(
  db: Kysely<AccountingTables>,
  first: number,
): Promise<DeadLetter[]> {
  return listDeadLetters(db as unknown as Kysely<InboxTables>, checkPageSize(first));
}

/**
 * Asks for a refused fact to be applied again.
 * @throws Refusal BAD_USER_INPUT; NOT_FOUND where there is no such dead letter.
 */
export async function resendDeadLetter(
  db: Kysely<AccountingTables>,
  clock: Clock,
  id: string,
): Promise<true> {
  if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a dead letter's id.`);
  if (!(await requestResend(db as unknown as Kysely<InboxTables>, id, clock.now())))
    throw new Refusal('NOT_FOUND', `There is no dead letter ${id}.`);
  return true;
}

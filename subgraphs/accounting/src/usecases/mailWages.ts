import { transact } from '@ates/kit/database';
import type { HandlerContext } from '@ates/kit/inbox';
import type { Columns } from '@ates/schema/event';
import type { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';
import type { Kysely, Transaction } from 'kysely';
import { mailBackoffMs, maxMailAttempts } from '../domain/payout.ts';
import {
  type ClaimedMail,
  claimMail,
  findMail,
  giveUpLostMail,
  insertMail,
  updateMail,
} from '../payoutRepository.ts';
import type { AccountingTables } from '../tables.ts';

type Db = Kysely<AccountingTables>;

/**
 * The life of a mail: PENDING from the payout on; claimed, and either SENT, or PENDING again with a longer wait, or
 * FAILED after the last attempt. Money never waits for it.
 */
export type { ClaimedMail };

/** Notes that people are to be told of their wages, once per payout. */
export async function noteWagesPaid(
  trx: Transaction<AccountingTables>,
  facts: Columns<typeof wagesPaid>,
  { now }: HandlerContext,
): Promise<void> {
  await insertMail(trx, facts.payoutId, now);
}

/**
 * Takes mails that are due. Whoever takes one has until its next attempt is due to send it and to note it; after a
 * crash it is sent again then, with the same Message-ID.
 */
export function claimDueMail(db: Db, now: Date, limit: number): Promise<ClaimedMail[]> {
  return transact(db, async (trx) => {
    await giveUpLostMail(trx, now);
    return claimMail(trx, now, limit);
  });
}

export async function noteMailSent(db: Db, payoutId: string, now: Date): Promise<void> {
  await updateMail(db, payoutId, { status: 'SENT', lastError: null, sentAt: now });
}

/** Notes a failed attempt: another follows with back-off, until the last one. Hands back what the mail is now. */
export async function noteMailFailed(
  db: Db,
  payoutId: string,
  error: string,
  now: Date,
): Promise<'PENDING' | 'FAILED'> {
  const mail = await findMail(db, payoutId);
  const attempts = mail?.attempts ?? maxMailAttempts;
  const status = attempts >= maxMailAttempts ? 'FAILED' : 'PENDING';
  await updateMail(db, payoutId, {
    status,
    lastError: error.slice(0, 1_000),
    sentAt: null,
    nextAt: new Date(now.getTime() + mailBackoffMs(attempts)),
  });
  return status;
}

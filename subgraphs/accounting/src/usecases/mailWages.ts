import type { ServiceDatabase, UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { Columns } from '@ates/schema/event';
import type { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';
import {
  type ClaimedMail,
  claimOf,
  type EmailStatus,
  mailBackoffMs,
  maxMailAttempts,
} from '../domain/mail.ts';
import { insertMail, lockDueMail, markMailFailed, markMailSent, writeClaims } from '../mailRepository.ts';
import type { AccountingTables } from '../tables.ts';

type Database = ServiceDatabase<AccountingTables>;

/** Adds a mail about each payout, once per payout. */
export async function noteWagesPaid(
  work: UnitOfWork<AccountingTables>,
  facts: Columns<typeof wagesPaid>,
): Promise<void> {
  await insertMail(work.trx, facts.payoutId, work.now);
  work.wake('mail');
}

/**
 * Claims up to `limit` mails that are due and can be sent; none where no such mail is due. Mails without an address are
 * put off. Mails whose last attempt never had a result are given up.
 */
export async function claimDueMail(database: Database, limit: number): Promise<ClaimedMail[]> {
  // Ends, since the mails of each pass are no longer due.
  for (;;) {
    const claims = await database.transact(async ({ trx, now }) => {
      const due = await lockDueMail(trx, now, limit);
      const decided = due.map((mail) => claimOf(mail, now));
      if (decided.length > 0) await writeClaims(trx, decided);
      return decided;
    });
    const toSend = claims.flatMap((claim) => (claim.kind === 'send' ? [claim.mail] : []));
    if (toSend.length > 0 || claims.length === 0) return toSend;
  }
}

/** Notes that the mail server accepted a mail. */
export async function noteMailSent({ db, clock }: Database, { payoutId }: ClaimedMail): Promise<void> {
  await markMailSent(db, payoutId, clock.now());
}

/** Notes a failed attempt: another follows after a back-off, until the last one. Returns the mail's new status. */
export async function noteMailFailed(
  { db, clock }: Database,
  mail: ClaimedMail,
  error: string,
): Promise<Exclude<EmailStatus, 'SENT'>> {
  const status = mail.attempts >= maxMailAttempts ? 'FAILED' : 'PENDING';
  const nextAt = new Date(clock.now().getTime() + mailBackoffMs(mail.attempts));
  await markMailFailed(db, mail, { status, lastError: error.slice(0, 1_000), nextAt });
  return status;
}

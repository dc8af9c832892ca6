import { joinsByIndex } from '@ates/kit/database/transactions';
import { farAheadMs } from '@ates/kit/process/clockSkew';
import { type Kysely, sql, type Transaction } from 'kysely';
import { type DueMail, type EmailStatus, longestMailWaitMs, type MailClaim } from './domain/mail.ts';
import type { AccountingTables } from './tables.ts';

type Db = Kysely<AccountingTables>;
type Trx = Transaction<AccountingTables>;

/** Adds a mail to send for each payout that has none. */
export async function insertMail(trx: Trx, payoutIds: readonly string[], now: Date): Promise<void> {
  await sql`insert into payout_mail (payout_id, status, next_at)
    select distinct u.id, 'PENDING', ${now}::timestamptz from unnest(${payoutIds}::uuid[]) as u (id) order by u.id
    on conflict (payout_id) do nothing`.execute(trx);
}

/**
 * Locks and returns mails that are due, without those that another process is just claiming. A mail that was put off
 * for longer than any wait, by a clock that was far ahead, is due, too.
 */
export async function lockDueMail(trx: Trx, now: Date, limit: number): Promise<DueMail[]> {
  await sql`select ${joinsByIndex}`.execute(trx);
  const latest = new Date(now.getTime() + longestMailWaitMs + farAheadMs);
  // Each range separately, in the order of the index: while the mail server is away, many mails wait between them.
  const { rows } = await sql<DueMail>`
    select p.id as "payoutId", p.account_id as "accountId", p.day, p.amount_cents as "amountCents", u.name, u.email,
      due.attempts
    from (values ('-infinity'::timestamptz, ${now}::timestamptz), (${latest}::timestamptz, 'infinity')) as range (after, until)
    cross join lateral (
      select payout_id, attempts from payout_mail
      where status = 'PENDING' and next_at > range.after and next_at <= range.until
      order by next_at limit ${limit} for update skip locked
    ) due join payout p on p.id = due.payout_id left join user_copy u on u.id = p.account_id
    order by p.id limit ${limit}`.execute(trx);
  return rows;
}

/** Writes the decisions about locked mails. */
export async function writeClaims(trx: Trx, claims: readonly MailClaim[]): Promise<void> {
  await sql`
    update payout_mail m set status = c.status, attempts = c.attempts, next_at = coalesce(c.next_at, m.next_at),
      last_error = coalesce(c.why, m.last_error)
    from unnest(
      ${claims.map(({ mail }) => mail.payoutId)}::uuid[],
      ${claims.map(({ kind }): EmailStatus => (kind === 'give up' ? 'FAILED' : 'PENDING'))}::text[],
      ${claims.map(({ mail }) => mail.attempts)}::int[],
      ${claims.map((claim) => (claim.kind === 'give up' ? null : claim.nextAt))}::timestamptz[],
      ${claims.map((claim) => (claim.kind === 'send' ? null : claim.why))}::text[]
    ) as c (payout_id, status, attempts, next_at, why)
    where m.payout_id = c.payout_id`.execute(trx);
}

/** Notes that a mail was sent, whatever its status is meanwhile. */
export async function markMailSent(db: Db, payoutId: string, now: Date): Promise<void> {
  await db
    .updateTable('payout_mail')
    .set({ status: 'SENT', last_error: null, sent_at: now })
    .where('payout_id', '=', payoutId)
    .execute();
}

/** Notes that an attempt failed, unless another has begun meanwhile. */
export async function markMailFailed(
  db: Db,
  { payoutId, attempts }: Pick<DueMail, 'payoutId' | 'attempts'>,
  change: { status: Exclude<EmailStatus, 'SENT'>; lastError: string; nextAt: Date },
): Promise<void> {
  await db
    .updateTable('payout_mail')
    .set({ status: change.status, last_error: change.lastError, next_at: change.nextAt })
    .where('payout_id', '=', payoutId)
    .where('status', '=', 'PENDING')
    .where('attempts', '=', attempts)
    .execute();
}

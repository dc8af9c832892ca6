/**
 * What became of the mail that tells of a payout. PENDING from the payout on. Whoever claims it has some time to send
 * and note it, and then it is SENT; or it failed, and is PENDING again with a longer wait, or FAILED after the last
 * attempt; or nothing is heard of it, as after a crash, and it is claimed again. Money never waits for any of it.
 */
export type EmailStatus = 'PENDING' | 'SENT' | 'FAILED';

/** How often a mail is tried: with the waits between, for two days. */
export const maxMailAttempts = 54;

/** The longest that a mail waits for its next attempt, in milliseconds. */
export const longestMailWaitMs = 3_600_000;

/**
 * How long to wait after a mail's attempt, the first being 1, in milliseconds: a minute, twice as long each time, and
 * never more than an hour.
 */
export const mailBackoffMs = (attempt: number): number =>
  Math.min(60_000 * 2 ** (attempt - 1), longestMailWaitMs);

/**
 * How long whoever claimed a mail has to send it and to note it, in milliseconds. Far longer than a mail server may
 * take to answer all commands of a message: whoever comes later would send it once more.
 */
export const mailLeaseMs = 600_000;

/** How long a mail waits that has no address yet, in milliseconds; that is no attempt. */
export const addressWaitMs = 60_000;

/** A mail that is due, as its next claim finds it. */
export interface DueMail {
  readonly payoutId: string;
  readonly accountId: string;
  readonly day: string;
  readonly amountCents: number;
  /** Null, with the address, while accounting has not heard of the user. */
  readonly name: string | null;
  readonly email: string | null;
  /** How many attempts have begun. */
  readonly attempts: number;
}

/** A mail that was claimed to be sent. */
export interface ClaimedMail extends DueMail {
  readonly name: string;
  readonly email: string;
}

/** What a claim makes of a mail that is due; `nextAt` is when it is due again. */
export type MailClaim =
  | { readonly kind: 'send'; readonly mail: ClaimedMail; readonly nextAt: Date }
  | { readonly kind: 'defer'; readonly mail: DueMail; readonly nextAt: Date; readonly why: string }
  | { readonly kind: 'give up'; readonly mail: DueMail; readonly why: string };

/** Decides what becomes of a mail that is due: see `EmailStatus`. */
export function claimOf(mail: DueMail, now: Date): MailClaim {
  const { name, email, attempts } = mail;
  const after = (ms: number) => new Date(now.getTime() + ms);
  if (attempts >= maxMailAttempts)
    return { kind: 'give up', mail, why: 'the last attempt ended without an answer' };
  if (name === null || email === null) {
    const why = `nobody has told accounting the address of user ${mail.accountId} yet`;
    return { kind: 'defer', mail, nextAt: after(addressWaitMs), why };
  }
  return { kind: 'send', mail: { ...mail, name, email, attempts: attempts + 1 }, nextAt: after(mailLeaseMs) };
}

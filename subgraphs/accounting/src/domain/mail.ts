/**
 * The status of the mail about a payout. It is PENDING from the payout on. A process that claims it has some time to
 * send it and to note SENT. After a failed attempt it is PENDING again, with a longer wait, or FAILED after the last
 * one. Where no result is noted, as after a crash, it is claimed again. The payout never waits for its mail.
 */
export type EmailStatus = 'PENDING' | 'SENT' | 'FAILED';

/** The most attempts to send a mail: with the waits between them, for two days. */
export const maxMailAttempts = 54;

/** The longest wait of a mail for its next attempt, in milliseconds. */
export const longestMailWaitMs = 3_600_000;

/**
 * Returns the wait after an attempt, the first being 1, in milliseconds: a minute, then twice as long each time, and
 * never more than an hour.
 */
export const mailBackoffMs = (attempt: number): number =>
  Math.min(60_000 * 2 ** (attempt - 1), longestMailWaitMs);

/**
 * How long a process has to send a mail that it claimed and to note that, in milliseconds. Far longer than a mail
 * server may take to answer all commands of a message: after that, another process sends the mail once more.
 */
export const mailLeaseMs = 600_000;

/** How long a mail without an address waits, in milliseconds; this does not count as an attempt. */
export const addressWaitMs = 60_000;

/** A mail that is due, before its next claim. */
export interface DueMail {
  readonly payoutId: string;
  readonly accountId: string;
  readonly day: string;
  readonly amountCents: number;
  /** Null, like `email`, while accounting does not know the user. */
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

/** The decision about a mail that is due; `nextAt` is when it is due again. */
export type MailClaim =
  | { readonly kind: 'send'; readonly mail: ClaimedMail; readonly nextAt: Date }
  | { readonly kind: 'defer'; readonly mail: DueMail; readonly nextAt: Date; readonly why: string }
  | { readonly kind: 'give up'; readonly mail: DueMail; readonly why: string };

/** Decides about a mail that is due (see `EmailStatus`). */
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

import type { EmailStatus } from './mail.ts';

/** A user's wages of a day. */
export interface Payout {
  readonly id: string;
  readonly accountId: string;
  readonly day: string;
  readonly amountCents: number;
  readonly paidAt: Date;
  readonly email: EmailStatus;
}

/** A run begins with its day's barrier, and is complete when it has processed all accounts (rule 11). */
export type PayoutRunStatus = 'RUNNING' | 'COMPLETED';

/** One day's closing. */
export interface PayoutRun {
  readonly id: string;
  readonly day: string;
  readonly status: PayoutRunStatus;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly accountsTotal: number;
  readonly accountsProcessed: number;
  readonly payoutCount: number;
  readonly paidTotalCents: number;
  readonly accountsInTheRed: number;
  /** The last account that was processed. */
  readonly cursor: string | null;
}

import type { OutboxTables } from '@ates/kit/database/outbox';
import type { UserCopyTables } from '@ates/kit/database/userCopies';
import type { InboxTables } from '@ates/kit/events/inbox';
import type { Role } from '@ates/schema/access';
import type { EntryKind } from './domain/ledger.ts';
import type { EmailStatus } from './domain/mail.ts';
import type { PayoutRunStatus } from './domain/payout.ts';

/** Accounting's database. Amounts are cents; days are YYYY-MM-DD in the company's time zone. */
export interface AccountingTables extends OutboxTables, InboxTables, UserCopyTables<Role> {
  /** What accounting knows of users, from auth's events (rule 2). */
  user_copy: UserCopyTables<Role>['user_copy'] & { name: string; email: string };
  /** A person's balance and the number of their newest entry. Its id is the user's. */
  account: { id: string; balance_cents: number; last_number: number };
  task_price: { task_id: string; fee_cents: number; reward_cents: number };
  /** One posting, with both of its sides. Rows are only added. */
  ledger_entry: {
    /** The fact's business key: an assignment's id for a fee, a task's for a reward, a payout's for wages. */
    id: string;
    kind: EntryKind;
    /** The person's side; the other one is the company's. */
    account_id: string;
    debit_account: string;
    credit_account: string;
    amount_cents: number;
    /** 1, 2, 3 … within the account. */
    number: number;
    balance_after_cents: number;
    day: string;
    occurred_at: Date;
    posted_at: Date;
    description: string;
    task_id: string | null;
  };
  /** The sums of an account's entries of a day. */
  account_day: {
    account_id: string;
    day: string;
    fees_cents: number;
    rewards_cents: number;
    paid_out_cents: number;
    /** The lowest and the highest number of the day's entries; entries of other days may lie between them. */
    first_number: number;
    last_number: number;
  };
  /** One row: the first day of the books, and the key that prices are drawn with. */
  company: { only: true; first_day: string; price_key: string };
  /** A day's closing. A day is closed where it has a row. */
  payout_run: {
    id: string;
    day: string;
    status: PayoutRunStatus;
    started_at: Date;
    finished_at: Date | null;
    accounts_total: number;
    accounts_processed: number;
    payout_count: number;
    paid_total_cents: number;
    /** The last account that was processed. */
    cursor: string | null;
    accounts_in_the_red: number;
    /** The day's totals, written at completion. */
    fees_cents: number;
    rewards_cents: number;
    progressed_at: Date;
  };
  payout: { id: string; account_id: string; day: string; amount_cents: number; paid_at: Date };
  /** The mail about a payout; the payout never waits for it. */
  payout_mail: {
    payout_id: string;
    status: EmailStatus;
    attempts: number;
    next_at: Date;
    last_error: string | null;
    sent_at: Date | null;
  };
}

import type { EntryKind } from './ledger.ts';

/** A person's account; its id is the user's. */
export interface Account {
  readonly id: string;
  readonly balanceCents: number;
}

/** Returns the account of a user that accounting does not know yet (rule 9). */
export const emptyAccount = (id: string): Account => ({ id, balanceCents: 0 });

/** An account at one moment: its balance and the number of its newest entry. */
export interface AccountNow extends Account {
  readonly lastNumber: number;
}

/** One line of the audit log. */
export interface LedgerEntry {
  readonly id: string;
  readonly kind: EntryKind;
  readonly accountId: string;
  /** Signed: the change of the balance. */
  readonly amountCents: number;
  readonly number: number;
  readonly balanceAfterCents: number;
  readonly day: string;
  readonly occurredAt: Date;
  readonly postedAt: Date;
  readonly description: string;
  readonly taskId: string | null;
}

/** An account's billing day. */
export interface AccountDay {
  readonly accountId: string;
  readonly day: string;
  readonly openingCents: number;
  readonly feesCents: number;
  readonly rewardsCents: number;
  readonly paidOutCents: number;
  readonly closingCents: number;
}

/** What an entry is for. */
export type EntryKind = 'ASSIGNMENT_FEE' | 'COMPLETION_REWARD' | 'PAYOUT' | 'REVERSAL';
export type PostingKind = Exclude<EntryKind, 'REVERSAL'>;

/** The company's accounts: the other side of every posting. They have no rows, which every posting would wait for. */
export const companyAccounts = {
  fees: '00000000-0000-4000-8000-00000000000f',
  rewards: '00000000-0000-4000-8000-0000000000e0',
  wages: '00000000-0000-4000-8000-0000000000aa',
} as const;

/** One change of a person's account, before it is posted. */
export interface Posting {
  /** The fact's business key, by which it is posted once. */
  readonly id: string;
  readonly kind: PostingKind;
  readonly accountId: string;
  /** Positive; the kind decides its direction. */
  readonly amountCents: number;
  readonly day: string;
  /** ISO 8601, in UTC. */
  readonly occurredAt: string;
  readonly description: string;
  readonly taskId: string | null;
}

/** The state of an account before its next entry. */
export interface AccountState {
  readonly id: string;
  readonly balanceCents: number;
  readonly lastNumber: number;
}

/** A posting with its number and balance within the account. */
export interface Entry extends Posting {
  readonly number: number;
  readonly balanceAfterCents: number;
}

/** The sums of an account's entries of a day. */
export interface DayTotals {
  readonly accountId: string;
  readonly day: string;
  readonly feesCents: number;
  readonly rewardsCents: number;
  readonly paidOutCents: number;
  /** The lowest and the highest number of these entries. */
  readonly firstNumber: number;
  readonly lastNumber: number;
}

/** Returns the accounts to debit and to credit: a credit adds to a person's balance, a debit takes from it. */
export function sidesOf({ kind, accountId }: Pick<Posting, 'kind' | 'accountId'>): {
  debit: string;
  credit: string;
} {
  switch (kind) {
    case 'ASSIGNMENT_FEE':
      return { debit: accountId, credit: companyAccounts.fees };
    case 'COMPLETION_REWARD':
      return { debit: companyAccounts.rewards, credit: accountId };
    case 'PAYOUT':
      return { debit: accountId, credit: companyAccounts.wages };
  }
}

/** Returns the change of the person's balance. */
export const signedCents = (posting: Posting): number =>
  sidesOf(posting).credit === posting.accountId ? posting.amountCents : -posting.amountCents;

/** Keeps the first posting of each fact. */
export function withoutRepetitions(postings: readonly Posting[]): Posting[] {
  const seen = new Set<string>();
  return postings.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/**
 * Numbers postings within their accounts and computes the balance after each, in the order of the facts (rule 9).
 * Returns the entries, and the states of the accounts after them.
 */
export function chainEntries(
  accounts: readonly AccountState[],
  postings: readonly Posting[],
): { entries: Entry[]; after: AccountState[] } {
  const states = new Map(accounts.map((account) => [account.id, account]));
  const changed = new Map<string, AccountState>();
  const entries = postings.map((posting) => {
    const state = states.get(posting.accountId);
    if (!state) throw new Error(`account ${posting.accountId} is not locked`);
    if (!(posting.amountCents > 0)) throw new Error(`${posting.id} has no positive amount`);
    const next = {
      id: state.id,
      balanceCents: state.balanceCents + signedCents(posting),
      lastNumber: state.lastNumber + 1,
    };
    states.set(next.id, next);
    changed.set(next.id, next);
    return { ...posting, number: next.lastNumber, balanceAfterCents: next.balanceCents };
  });
  return { entries, after: [...changed.values()] };
}

/** Returns what entries add to the totals of their accounts' days. */
export function totalsByDay(entries: readonly Entry[]): DayTotals[] {
  const totals = new Map<string, { -readonly [Field in keyof DayTotals]: DayTotals[Field] }>();
  for (const { accountId, day, kind, amountCents, number } of entries) {
    const key = `${accountId} ${day}`;
    const total = totals.get(key) ?? {
      accountId,
      day,
      feesCents: 0,
      rewardsCents: 0,
      paidOutCents: 0,
      firstNumber: number,
      lastNumber: number,
    };
    total.firstNumber = Math.min(total.firstNumber, number);
    total.lastNumber = Math.max(total.lastNumber, number);
    if (kind === 'ASSIGNMENT_FEE') total.feesCents += amountCents;
    else if (kind === 'COMPLETION_REWARD') total.rewardsCents += amountCents;
    else total.paidOutCents += amountCents;
    totals.set(key, total);
  }
  return [...totals.values()];
}

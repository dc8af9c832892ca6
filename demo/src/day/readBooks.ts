import type { Client } from '../graphqlClient.ts';
import { requestAs } from '../session.ts';
import { parseCents } from './money.ts';
import type { Cast } from './people.ts';

/** One person's account, with the totals of the days from `since` on. */
export interface AccountState {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly balanceCents: number;
  readonly feesCents: number;
  readonly rewardsCents: number;
  readonly paidOutCents: number;
  /** The newest line of its audit log; null where there is none. */
  readonly newestEntryId: string | null;
  /** Its newest payout. */
  readonly payout: { readonly day: string; readonly amountCents: number; readonly email: string } | null;
}

export interface EntryState {
  readonly kind: string;
  readonly amountCents: number;
  readonly balanceAfterCents: number;
  readonly taskId: string | null;
}

/** The company's own figures, from the ledger and from analytics. */
export interface Figures {
  readonly today: string;
  readonly feesCents: number;
  readonly rewardsCents: number;
  readonly earnedCents: number;
  readonly paidOutCents: number;
  readonly analyticsEarnedCents: number;
  readonly analyticsPaidOutCents: number;
  readonly tasksCreated: number;
  readonly tasksResolved: number;
  readonly assignments: number;
  readonly employeesInTheRed: number;
  readonly dearest: { readonly rewardCents: number; readonly taskId: string; readonly title: string } | null;
}

export interface AuditState {
  readonly ok: boolean;
  readonly entriesChecked: number;
  readonly imbalance: string;
  readonly mismatchedAccounts: readonly { readonly id: string }[];
}

const accountsDocument = `query Accounts($after: String) {
  accounts(first: 50, after: $after) {
    nodes {
      id balance owner { name role }
      days(first: 3) { nodes { day fees rewards paidOut } }
      auditLog(first: 1) { nodes { id } }
      payouts(first: 1) { nodes { day amount email } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;
const entriesDocument = `query Entries($id: ID!, $after: String) {
  account(id: $id) {
    auditLog(first: 200, after: $after) {
      nodes { id kind amount balanceAfter task { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;
const figuresDocument = `query Figures($billingDay: Date!) {
  today: companyDay { day }
  company: companyDay(day: $billingDay) { earned feesCharged rewardsPaid paidOut }
  money: analyticsDays(from: $billingDay, to: $billingDay) { topManagementEarned paidOut }
  counts: analyticsDay {
    tasksCreated tasksResolved assignments employeesInTheRed
    mostExpensiveTask { reward task { id title } }
  }
}`;
const auditDocument = `query Audit {
  ledgerAudit { ok entriesChecked imbalance mismatchedAccounts { id } }
}`;

// biome-ignore lint/suspicious/noExplicitAny: an answer of a shape that the document above it states.
type Answer = any;

/** Reads every account, as the accountant, by its owner's id. Days before `since` are closed and do not change. */
export async function readAccounts(
  client: Client,
  cast: Cast,
  since: string,
): Promise<Map<string, AccountState>> {
  const accounts = new Map<string, AccountState>();
  for (let after: string | null = null; ; ) {
    const answer: Answer = await requestAs<Answer>(client, cast.accountant, accountsDocument, { after });
    for (const { id, balance, owner, days, auditLog, payouts } of answer.accounts.nodes) {
      const open = days.nodes.filter(({ day }: { day: string }) => day >= since);
      const sum = (field: string) =>
        open.reduce((cents: number, day: Record<string, string>) => cents + parseCents(day[field]!), 0);
      const [payout] = payouts.nodes;
      accounts.set(id, {
        id,
        name: owner?.name ?? id,
        role: owner?.role ?? '',
        balanceCents: parseCents(balance),
        feesCents: sum('fees'),
        rewardsCents: sum('rewards'),
        paidOutCents: sum('paidOut'),
        newestEntryId: auditLog.nodes[0]?.id ?? null,
        payout: payout
          ? { day: payout.day, amountCents: parseCents(payout.amount), email: payout.email }
          : null,
      });
    }
    if (!answer.accounts.pageInfo.hasNextPage) return accounts;
    after = answer.accounts.pageInfo.endCursor;
  }
}

/** Reads the lines of an account's audit log that are newer than `newestBefore`, newest first. */
export async function readEntriesSince(
  client: Client,
  cast: Cast,
  accountId: string,
  newestBefore: string | null,
): Promise<EntryState[]> {
  const entries: EntryState[] = [];
  for (let after: string | null = null; ; ) {
    const answer: Answer = await requestAs<Answer>(client, cast.accountant, entriesDocument, {
      id: accountId,
      after,
    });
    const { nodes, pageInfo } = answer.account.auditLog;
    for (const { id, kind, amount, balanceAfter, task } of nodes) {
      if (id === newestBefore) return entries;
      entries.push({
        kind,
        amountCents: parseCents(amount),
        balanceAfterCents: parseCents(balanceAfter),
        taskId: task?.id ?? null,
      });
    }
    if (!pageInfo.hasNextPage) return entries;
    after = pageInfo.endCursor;
  }
}

/**
 * Reads the money of the billing day and the counts of today: after an early close, these are two days. In analytics,
 * only a range may include a day that has not come yet.
 */
export async function readFigures(client: Client, cast: Cast, billingDay: string): Promise<Figures> {
  const { today, company, money, counts } = await requestAs<Answer>(client, cast.admin, figuresDocument, {
    billingDay,
  });
  const { tasksCreated, tasksResolved, assignments, employeesInTheRed, mostExpensiveTask: dear } = counts;
  return {
    today: today.day,
    feesCents: parseCents(company.feesCharged),
    rewardsCents: parseCents(company.rewardsPaid),
    earnedCents: parseCents(company.earned),
    paidOutCents: parseCents(company.paidOut),
    analyticsEarnedCents: parseCents(money[0].topManagementEarned),
    analyticsPaidOutCents: parseCents(money[0].paidOut),
    tasksCreated,
    tasksResolved,
    assignments,
    employeesInTheRed,
    dearest: dear
      ? { rewardCents: parseCents(dear.reward), taskId: dear.task?.id, title: dear.task?.title ?? '' }
      : null,
  };
}

/** Reads the result of checking the ledger against itself. */
export async function readAudit(client: Client, cast: Cast): Promise<AuditState> {
  return (await requestAs<Answer>(client, cast.admin, auditDocument)).ledgerAudit;
}

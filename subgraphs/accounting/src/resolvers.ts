import { isId } from '@ates/kit/clock';
import { checkPageSize, decodeCursor, encodeCursor, isText, isWhole, toPage } from '@ates/kit/page';
import { DateScalar, DateTime, isDay, Money } from '@ates/kit/scalars';
import { callerOf } from './context.ts';
import { emptyAccount } from './domain/account.ts';
import { earnedCents } from './domain/company.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { listAccounts } from './ledgerRepository.ts';
import { findRunOfDay } from './payoutRepository.ts';
import { auditLedger } from './usecases/auditLedger.ts';
import { closeDay } from './usecases/closeDay.ts';
import { readAccount, readAccountOfUser, readOwnAccount } from './usecases/readAccount.ts';
import { readCompanyDay, readCompanyDays } from './usecases/readCompanyDays.ts';
import { listAccountingDeadLetters, resendDeadLetter } from './usecases/resendDeadLetter.ts';

/** The day or number that a list goes on behind. */
const dayBehind = (after: string | null | undefined) => decodeCursor(after, isCursorDay)?.[0] ?? null;
const isCursorDay = (value: unknown): value is string => isText(value) && isDay(value);
const isAccountId = (value: unknown): value is string => isText(value) && isId(value);
const isNumber = (value: unknown): value is number => isWhole(value) && value > 0 && value <= 2_147_483_647;

export const resolvers: Resolvers = {
  DateTime,
  Date: DateScalar,
  Money,
  Task: {
    __resolveReference: ({ id }) => (isId(id) ? { id } : null),
    assignmentFee: async ({ id }, _, { load }) => (await load.price.load(id.toLowerCase())).feeCents,
    completionReward: async ({ id }, _, { load }) => (await load.price.load(id.toLowerCase())).rewardCents,
  },
  User: {
    __resolveReference: ({ id }) => (isId(id) ? { id } : null),
    account: ({ id }, _, { caller, load }) =>
      readAccountOfUser(caller, id.toLowerCase(), (accountId) => load.account.load(accountId)),
  },
  Account: {
    owner: ({ id }) => ({ id }),
    balance: ({ balanceCents }) => balanceCents,
    earnedToday: ({ id }, _, { load }) => load.earnedToday.load(id),
    async auditLog({ id }, { day, first: given, after }, { load }) {
      const first = checkPageSize(given);
      const before = decodeCursor(after, isNumber)?.[0] ?? null;
      const rows = await load.entries.load({ accountId: id, day: day ?? null, first, before });
      return toPage(rows, first, (entry) => encodeCursor(entry.number));
    },
    async days({ id }, { first: given, after }, { load }) {
      const first = checkPageSize(given);
      const rows = await load.days.load({ accountId: id, first, before: dayBehind(after) });
      return toPage(rows, first, ({ day }) => encodeCursor(day));
    },
    async payouts({ id }, { first: given, after }, { load }) {
      const first = checkPageSize(given);
      const rows = await load.payouts.load({ accountId: id, first, before: dayBehind(after) });
      return toPage(rows, first, ({ day }) => encodeCursor(day));
    },
  },
  LedgerEntry: {
    amount: ({ amountCents }) => amountCents,
    balanceAfter: ({ balanceAfterCents }) => balanceAfterCents,
    task: ({ taskId }) => (taskId === null ? null : { id: taskId }),
    payout: ({ kind, id }, _, { load }) => (kind === 'PAYOUT' ? load.payout.load(id) : null),
  },
  AccountDay: {
    opening: ({ openingCents }) => openingCents,
    fees: ({ feesCents }) => feesCents,
    rewards: ({ rewardsCents }) => rewardsCents,
    paidOut: ({ paidOutCents }) => paidOutCents,
    closing: ({ closingCents }) => closingCents,
  },
  Payout: {
    account: async ({ accountId }, _, { load }) =>
      (await load.account.load(accountId)) ?? emptyAccount(accountId),
    amount: ({ amountCents }) => amountCents,
  },
  PayoutRun: { paidTotal: ({ paidTotalCents }) => paidTotalCents },
  CompanyDay: {
    earned: earnedCents,
    feesCharged: ({ feesCents }) => feesCents,
    rewardsPaid: ({ rewardsCents }) => rewardsCents,
    paidOut: ({ paidOutCents }) => paidOutCents,
  },
  Query: {
    myAccount: (_, __, context) => readOwnAccount(callerOf(context), (id) => context.load.account.load(id)),
    account: (_, { id }, context) =>
      readAccount(callerOf(context), id, (accountId) => context.load.account.load(accountId)),
    async accounts(_, { first: given, after }, { db }) {
      const first = checkPageSize(given);
      const rows = await listAccounts(db, decodeCursor(after, isAccountId)?.[0] ?? null, first);
      return toPage(rows, first, ({ id }) => encodeCursor(id));
    },
    companyDay: (_, { day }, { db, clock, books }) => readCompanyDay(db, clock, books, day ?? null),
    companyDays: (_, { from, to }, { db, clock, books }) =>
      readCompanyDays(db, clock, books, { from: from ?? null, to: to ?? null }),
    payoutRun: async (_, { day }, { db }) => (await findRunOfDay(db, day)) ?? null,
    async ledgerAudit(_, __, { db, load }) {
      const audit = await auditLedger(db);
      return {
        ok: audit.ok,
        entriesChecked: audit.entriesChecked,
        imbalance: audit.imbalanceCents,
        mismatchedAccounts: audit.mismatchedAccountIds.map(
          async (id) => (await load.account.load(id)) ?? emptyAccount(id),
        ),
      };
    },
    accountingDeadLetters: (_, { first }, { db }) => listAccountingDeadLetters(db, first),
  },
  Mutation: {
    closeDay: (_, { day }, { db, clock, books }) => closeDay(db, clock, books, day),
    resendAccountingDeadLetter: (_, { id }, { db, clock }) => resendDeadLetter(db, clock, id),
  },
};

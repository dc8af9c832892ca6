import {
  discardDeadLetter,
  discardDeadLetters,
  listDeadLetters,
  requestResend,
  requestResendOfAll,
} from '@ates/kit/events/deadLetters';
import { discardHeldEvent, listHeldEvents } from '@ates/kit/events/heldEvents';
import { checkPageSize, isText, isWhole, pageOf } from '@ates/kit/graph/page';
import { isId } from '@ates/kit/process/ids';
import { callerOf } from '@ates/kit/service';
import { DateScalar, DateTime, isDay, Money } from '@ates/schema/scalars';
import { type AccountNow, emptyAccount } from './domain/account.ts';
import { type CompanyDay, earnedCents } from './domain/company.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { listAccounts } from './ledgerRepository.ts';
import { findRunOfDay, listRuns } from './payoutRepository.ts';
import { closeDay } from './usecases/closeDay.ts';
import { readAccount, readAccountOfUser, readOwnAccount } from './usecases/readAccount.ts';
import { readCompany, readCompanyDay, readCompanyDays } from './usecases/readCompanyDays.ts';

const isCursorDay = (value: unknown): value is string => isText(value) && isDay(value);
const isAccountId = (value: unknown): value is string => isText(value) && isId(value);
const isNumber = (value: unknown): value is number => isWhole(value) && value > 0 && value <= 2_147_483_647;

/** The number of entries that come with a balance. */
const newestEntries = 50;

export const resolvers: Resolvers = {
  DateTime,
  Date: DateScalar,
  Money,
  Task: {
    __resolveReference: ({ id }) => (isId(id) ? { id } : null),
    assignmentFee: async ({ id }, _, { loaders }) => (await loaders.prices.load(id.toLowerCase())).feeCents,
    completionReward: async ({ id }, _, { loaders }) =>
      (await loaders.prices.load(id.toLowerCase())).rewardCents,
  },
  User: {
    __resolveReference: ({ id }) => (isId(id) ? { id } : null),
    account: ({ id }, _, { caller, loaders }) =>
      readAccountOfUser(caller, id.toLowerCase(), (accountId) => loaders.accounts.load(accountId)),
  },
  Account: {
    owner: ({ id }) => ({ id }),
    balance: ({ balanceCents }) => balanceCents,
    earnedToday: ({ id }, _, { loaders }) => loaders.earnedToday.load(id),
    auditLog: ({ id }, { day, ...page }, { loaders }) =>
      loaders.entriesOfAccount(id, { day: day ?? null, ...pageOf(page, isNumber) }),
    days: ({ id }, page, { loaders }) => loaders.daysOfAccount(id, pageOf(page, isCursorDay)),
    payouts: ({ id }, page, { loaders }) => loaders.payoutsOfAccount(id, pageOf(page, isCursorDay)),
  },
  LedgerEntry: {
    amount: ({ amountCents }) => amountCents,
    balanceAfter: ({ balanceAfterCents }) => balanceAfterCents,
    task: ({ taskId }) => (taskId === null ? null : { id: taskId }),
    payout: ({ kind, id }, _, { loaders }) => (kind === 'PAYOUT' ? loaders.payouts.load(id) : null),
  },
  AccountDay: {
    opening: ({ openingCents }) => openingCents,
    fees: ({ feesCents }) => feesCents,
    rewards: ({ rewardsCents }) => rewardsCents,
    paidOut: ({ paidOutCents }) => paidOutCents,
    closing: ({ closingCents }) => closingCents,
  },
  Payout: {
    account: async ({ accountId }, _, { loaders }) =>
      (await loaders.accounts.load(accountId)) ?? emptyAccount(accountId),
    amount: ({ amountCents }) => amountCents,
  },
  PayoutRun: { paidTotal: ({ paidTotalCents }) => paidTotalCents },
  CompanyDay: {
    earned: earnedCents,
    feesCharged: ({ feesCents }) => feesCents,
    rewardsPaid: ({ rewardsCents }) => rewardsCents,
    paidOut: ({ paidOutCents }) => paidOutCents,
  },
  BalanceChange: {
    account: (account) => account,
    balance: ({ balanceCents }) => balanceCents,
    // The entries up to this balance: what has been posted since it was read is left out.
    async entries({ id, lastNumber }, _, { loaders }) {
      const newest = { day: null, first: newestEntries, after: lastNumber + 1 };
      return (await loaders.entriesOfAccount(id, newest)).nodes.toReversed();
    },
  },
  Query: {
    myAccount: (_, __, context) =>
      readOwnAccount(callerOf(context), (id) => context.loaders.accounts.load(id)),
    account: (_, { id }, context) =>
      readAccount(callerOf(context), id, (accountId) => context.loaders.accounts.load(accountId)),
    accounts: (_, page, { database }) => listAccounts(database.db, pageOf(page, isAccountId)),
    companyDay: (_, { day }, { database, company }) => readCompanyDay(database, company, day ?? null),
    companyDays: (_, { from, to }, { database, company }) =>
      readCompanyDays(database, company, { from: from ?? null, to: to ?? null }),
    company: (_, __, { database, company }) => readCompany(database, company),
    payoutRuns: (_, page, { database }) => listRuns(database.db, pageOf(page, isCursorDay)),
    payoutRun: async (_, { day }, { database }) => (await findRunOfDay(database.db, day)) ?? null,
    async ledgerAudit(_, __, { auditLedger, loaders }) {
      const audit = await auditLedger();
      return {
        ok: audit.ok,
        entriesChecked: audit.entriesChecked,
        imbalance: audit.imbalanceCents,
        mismatchedAccounts: audit.mismatchedAccountIds.map(
          async (id) => (await loaders.accounts.load(id)) ?? emptyAccount(id),
        ),
      };
    },
    accountingDeadLetters: (_, { first, after, event }, { database }) =>
      listDeadLetters(database.db, checkPageSize(first), { after, event }),
    accountingHeldEvents: (_, { first }, { database }) => listHeldEvents(database.db, checkPageSize(first)),
  },
  Mutation: {
    closeDay: (_, { day }, { database, company }) => closeDay(database, company, day),
    resendAccountingDeadLetter: (_, { id }, { database }) => requestResend(database, id),
    resendAccountingDeadLetters: (_, { event }, { database }) => requestResendOfAll(database, event),
    discardAccountingDeadLetter: (_, { id }, context) => discardDeadLetter(context.database.db, id, context),
    discardAccountingDeadLetters: (_, { event }, context) =>
      discardDeadLetters(context.database.db, event, context),
    discardAccountingHeldEvent: (_, { id }, context) => discardHeldEvent(context.database, id, context),
  },
  Subscription: {
    balanceChanged: {
      subscribe: (_, __, context) => context.live.balances.subscribe(callerOf(context).userId),
      resolve: (account: AccountNow) => account,
    },
    companyDayChanged: {
      subscribe: (_, __, { live }) => live.companyDay.subscribe('today'),
      resolve: (day: CompanyDay) => day,
    },
  },
};

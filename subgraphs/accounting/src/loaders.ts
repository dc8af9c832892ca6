import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { byId, byOptions } from '@ates/kit/graph/loaders';
import type { Page, PageArguments } from '@ates/kit/graph/page';
import DataLoader from 'dataloader';
import type { Account, AccountDay, LedgerEntry } from './domain/account.ts';
import type { Company } from './domain/company.ts';
import type { Payout } from './domain/payout.ts';
import type { Price } from './domain/price.ts';
import { findAccounts, findEarned, listDaysOfAccounts, listEntriesOfAccounts } from './ledgerRepository.ts';
import { findPayouts, listPayoutsOfAccounts } from './payoutRepository.ts';
import type { AccountingTables } from './tables.ts';
import { fixPrices } from './usecases/fixPrices.ts';
import { readBillingDay } from './usecases/readCompanyDays.ts';

/** The batched reads of one request: each kind of read is one statement, for however many entities. */
export interface Loaders {
  readonly accounts: DataLoader<string, Account | null>;
  /** Rewards less fees of the billing day, by account. */
  readonly earnedToday: DataLoader<string, number>;
  /** The prices of tasks, fixed and stored when they are first shown (rule 7). */
  readonly prices: DataLoader<string, Price>;
  readonly payouts: DataLoader<string, Payout | null>;
  entriesOfAccount(
    accountId: string,
    options: PageArguments<number> & { day: string | null },
  ): Promise<Page<LedgerEntry>>;
  daysOfAccount(accountId: string, page: PageArguments<string>): Promise<Page<AccountDay>>;
  payoutsOfAccount(accountId: string, page: PageArguments<string>): Promise<Page<Payout>>;
}

/** Returns the loaders of one request. */
export function createLoaders(database: ServiceDatabase<AccountingTables>, company: Company): Loaders {
  const { db } = database;
  return {
    accounts: byId((ids) => findAccounts(db, ids)),
    payouts: byId((ids) => findPayouts(db, ids)),
    earnedToday: new DataLoader(async (ids) => {
      const earned = await findEarned(db, ids, await readBillingDay(database, company));
      return ids.map((id) => earned.get(id) ?? 0);
    }),
    prices: new DataLoader(async (taskIds) => {
      const prices = await fixPrices(db, company.priceKey, taskIds);
      return taskIds.map((taskId) => prices.get(taskId)!);
    }),
    entriesOfAccount: byOptions((ids, options) => listEntriesOfAccounts(db, ids, options)),
    daysOfAccount: byOptions((ids, page) => listDaysOfAccounts(db, ids, page)),
    payoutsOfAccount: byOptions((ids, page) => listPayoutsOfAccounts(db, ids, page)),
  };
}

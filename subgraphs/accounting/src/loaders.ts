import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { byId, byOptions } from '@ates/kit/graph/loaders';
import { type Page, toPage } from '@ates/kit/graph/page';
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
    options: { day: string | null; first: number; after: number | null },
  ): Promise<Page<LedgerEntry>>;
  daysOfAccount(
    accountId: string,
    options: { first: number; after: string | null },
  ): Promise<Page<AccountDay>>;
  payoutsOfAccount(
    accountId: string,
    options: { first: number; after: string | null },
  ): Promise<Page<Payout>>;
}

/** Returns the loaders of one request. */
export function createLoaders(database: ServiceDatabase<AccountingTables>, company: Company): Loaders {
  const { db } = database;
  const none = () => toPage<never>([], 1, () => '');
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
    entriesOfAccount: byOptions(
      (ids, options: Parameters<Loaders['entriesOfAccount']>[1]) => listEntriesOfAccounts(db, ids, options),
      none,
    ),
    daysOfAccount: byOptions(
      (ids, options: Parameters<Loaders['daysOfAccount']>[1]) => listDaysOfAccounts(db, ids, options),
      none,
    ),
    payoutsOfAccount: byOptions(
      (ids, options: Parameters<Loaders['payoutsOfAccount']>[1]) => listPayoutsOfAccounts(db, ids, options),
      none,
    ),
  };
}

import type { Clock } from '@ates/kit/clock';
import DataLoader from 'dataloader';
import type { Kysely } from 'kysely';
import type { Account, AccountDay, LedgerEntry } from './domain/account.ts';
import type { Books } from './domain/company.ts';
import type { Payout } from './domain/payout.ts';
import type { Price } from './domain/price.ts';
import { findAccounts, findEarned, listAccountDays, listEntries } from './ledgerRepository.ts';
import { findPayouts, listPayouts } from './payoutRepository.ts';
import type { AccountingTables } from './tables.ts';
import { fixPrices } from './usecases/fixPrices.ts';
import { readBillingDay } from './usecases/readCompanyDays.ts';

/** One account's page of a list: `first` rows, of those before a number or day. */
export interface ListKey<Before> {
  readonly accountId: string;
  readonly first: number;
  readonly before: Before | null;
}
export type EntriesKey = ListKey<number> & { readonly day: string | null };

/** Reads in one statement what many objects of one request ask for. */
export interface Loaders {
  readonly account: DataLoader<string, Account | null>;
  /** Rewards less fees of the billing day, by account. */
  readonly earnedToday: DataLoader<string, number>;
  /** A task's price, fixed and stored where it is shown for the first time (rule 7). */
  readonly price: DataLoader<string, Price>;
  readonly payout: DataLoader<string, Payout | null>;
  /** Lists hold one row more than asked for where there are more. */
  readonly entries: DataLoader<EntriesKey, LedgerEntry[], string>;
  readonly days: DataLoader<ListKey<string>, AccountDay[], string>;
  readonly payouts: DataLoader<ListKey<string>, Payout[], string>;
}

/** The loaders of one request. */
export function createLoaders(db: Kysely<AccountingTables>, clock: Clock, books: Books): Loaders {
  return {
    account: byId((ids) => findAccounts(db, ids)),
    payout: byId((ids) => findPayouts(db, ids)),
    earnedToday: new DataLoader(async (ids) => {
      const earned = await findEarned(db, ids, await readBillingDay(db, clock, books));
      return ids.map((id) => earned.get(id) ?? 0);
    }),
    price: new DataLoader(async (taskIds) => {
      const prices = await fixPrices(db, books.priceKey, taskIds);
      return taskIds.map((taskId) => prices.get(taskId)!);
    }),
    entries: byList((accountIds, page: EntriesKey) => listEntries(db, accountIds, page)),
    days: byList((accountIds, page: ListKey<string>) => listAccountDays(db, accountIds, page)),
    payouts: byList((accountIds, page: ListKey<string>) => listPayouts(db, accountIds, page)),
  };
}

function byId<Row extends { readonly id: string }>(
  find: (ids: readonly string[]) => Promise<Row[]>,
): DataLoader<string, Row | null> {
  return new DataLoader(async (ids) => {
    const rows = new Map((await find(ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
}

/** One statement for all accounts that are asked for the same page, as those of one selection are. */
function byList<Key extends ListKey<unknown>, Row extends { readonly accountId: string }>(
  list: (accountIds: readonly string[], page: Key) => Promise<Row[]>,
): DataLoader<Key, Row[], string> {
  const pageOf = ({ accountId: _, ...page }: Key) => JSON.stringify(page, Object.keys(page).sort());
  return new DataLoader(
    async (keys) => {
      const accountIdsOfPage = groupBy(keys, pageOf);
      const rows = new Map<string, Map<string, Row[]>>();
      await Promise.all(
        [...accountIdsOfPage].map(async ([page, asked]) => {
          const accountIds = [...new Set(asked.map((key) => key.accountId))];
          rows.set(
            page,
            groupBy(await list(accountIds, asked[0]!), (row) => row.accountId),
          );
        }),
      );
      return keys.map((key) => rows.get(pageOf(key))?.get(key.accountId) ?? []);
    },
    { cacheKeyFn: (key) => `${key.accountId} ${pageOf(key)}` },
  );
}

/** As `Map.groupBy`, which Node 20 lacks. */
function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

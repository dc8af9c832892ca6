import type { Clock } from '@ates/kit/clock';
import { hintAfterCommit } from '@ates/kit/hints';
import type { LiveViews, View } from '@ates/kit/live';
import type { Lane } from '@ates/kit/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { AccountNow } from './domain/account.ts';
import type { Books, CompanyDay } from './domain/company.ts';
import { readAccountsNow } from './ledgerRepository.ts';
import type { AccountingTables } from './tables.ts';
import { readCompanyDay } from './usecases/readCompanyDays.ts';

const balances = 'balances';
const companyDay = 'company day';

/** What subscriptions look at. */
export interface Live {
  /** By account. */
  readonly balances: View<AccountNow>;
  /** Today's, for everybody who may see it. */
  readonly companyDay: View<CompanyDay>;
}

export function openLive(
  views: LiveViews,
  { db, clock, books }: { db: Kysely<AccountingTables>; clock: Clock; books: Books },
): Live {
  return {
    balances: views.add({
      topic: balances,
      intervalMs: 100,
      read: (ids) => readAccountsNow(db, ids),
      tell: (told: AccountNow | undefined, now) => (told?.lastNumber === now.lastNumber ? [] : [now]),
    }),
    companyDay: views.add({
      topic: companyDay,
      intervalMs: 1_000,
      read: async ([key = '']) => new Map([[key, await readCompanyDay(db, clock, books, null)]]),
      tell: (told: CompanyDay | undefined, now) =>
        told && JSON.stringify(told) === JSON.stringify(now) ? [] : [now],
    }),
  };
}

/** Tells that accounts have entries they did not have before, and the company's day with them. */
export function hintEntries(
  trx: Transaction<AccountingTables>,
  entries: readonly { readonly accountId: string }[],
  lane: Lane,
): void {
  const keys = lane === 'bulk' ? null : entries.map(({ accountId }) => accountId);
  hintAfterCommit(trx, { topic: balances, keys, lane });
  hintCompanyDay(trx);
}

/** Tells that the company's day has other figures, or is closed; bulk, since it is shown once a second at most. */
export function hintCompanyDay(trx: Transaction<AccountingTables>): void {
  hintAfterCommit(trx, { topic: companyDay, keys: null, lane: 'bulk' });
}

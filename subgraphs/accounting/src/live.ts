import type { Lane } from '@ates/kit/database/outbox';
import type { ServiceDatabase, UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { LiveViews, View } from '@ates/kit/live/liveViews';
import type { AccountNow } from './domain/account.ts';
import type { Company, CompanyDay } from './domain/company.ts';
import { readAccountsNow } from './ledgerRepository.ts';
import type { AccountingTables } from './tables.ts';
import { readCompanyDay } from './usecases/readCompanyDays.ts';

const balances = 'balances';
const companyDay = 'company day';

/** Accounting's live views. */
export interface Live {
  /** The state of an account, by account. */
  readonly balances: View<AccountNow>;
  /** The company's figures of today. */
  readonly companyDay: View<CompanyDay>;
}

export function openLive(
  views: LiveViews,
  database: ServiceDatabase<AccountingTables>,
  company: Company,
): Live {
  return {
    balances: views.add({
      topic: balances,
      intervalMs: 100,
      read: (ids) => readAccountsNow(database.db, ids),
      tell: (told: AccountNow | undefined, now) => (told?.lastNumber === now.lastNumber ? [] : [now]),
    }),
    companyDay: views.add({
      topic: companyDay,
      intervalMs: 1_000,
      read: async ([key = '']) => new Map([[key, await readCompanyDay(database, company, null)]]),
      tell: (told: CompanyDay | undefined, now) =>
        told && JSON.stringify(told) === JSON.stringify(now) ? [] : [now],
    }),
  };
}

/** Hints that accounts have new entries, which also change the company's day; `lane` is the entries' lane. */
export function hintEntries(
  work: UnitOfWork<AccountingTables>,
  entries: readonly { readonly accountId: string }[],
  lane: Lane,
): void {
  work.hint(
    balances,
    entries.map(({ accountId }) => accountId),
    lane,
  );
  hintCompanyDay(work);
}

/** Hints that the company's day has changed or was closed; bulk, since it is shown once a second at most. */
export function hintCompanyDay(work: UnitOfWork<AccountingTables>): void {
  work.hint(companyDay, null, 'bulk');
}

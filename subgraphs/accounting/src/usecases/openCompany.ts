import { randomBytes } from 'node:crypto';
import { dayOf } from '@ates/kit/process/calendar';
import type { Clock } from '@ates/kit/process/clock';
import { assertInStep, type ClockSkew } from '@ates/kit/process/clockSkew';
import type { Kysely } from 'kysely';
import { findCompany, insertCompany } from '../companyRepository.ts';
import type { Company } from '../domain/company.ts';
import type { AccountingTables } from '../tables.ts';

/**
 * Opens the company's books at the very first start, and reads them at every later one. Today becomes the first day.
 * The price key is the setting, or else drawn once and stored (rule 7). Every process that posts calls this first.
 * @throws Unavailable where the books are not open yet and this process's clock differs from the database's.
 */
export async function openCompany(
  db: Kysely<AccountingTables>,
  clock: Clock,
  settings: { timeZone: string; priceKey: string | undefined; skew?: ClockSkew },
): Promise<Company> {
  const today = dayOf(clock.now(), settings.timeZone);
  const kept = (await findCompany(db)) ?? (await openNow());
  return {
    firstDay: kept.firstDay,
    priceKey: settings.priceKey ?? kept.priceKey,
    timeZone: settings.timeZone,
  };

  async function openNow() {
    if (settings.skew) assertInStep(settings.skew);
    return insertCompany(db, {
      firstDay: today,
      priceKey: settings.priceKey ?? randomBytes(32).toString('base64url'),
    });
  }
}

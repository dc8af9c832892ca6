import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { dayOf } from '@ates/kit/process/calendar';
import { sumCompanyDays } from '../companyRepository.ts';
import { type Company, type CompanyDay, rangeOfDays } from '../domain/company.ts';
import { billingDay } from '../domain/day.ts';
import { findLastClosedDay } from '../payoutRepository.ts';
import type { AccountingTables } from '../tables.ts';

type Database = Pick<ServiceDatabase<AccountingTables>, 'db' | 'clock'>;

/** Returns the billing day: the day that what happens now counts towards (rule 10). */
export async function readBillingDay({ db, clock }: Database, company: Company): Promise<string> {
  return billingDay(dayOf(clock.now(), company.timeZone), await findLastClosedDay(db), company.firstDay);
}

/** Returns the company's time zone, the day that it is there, and the billing day. */
export async function readCompany(
  database: Database,
  company: Company,
): Promise<{ timeZone: string; today: string; billingDay: string }> {
  const { timeZone } = company;
  return {
    timeZone,
    today: dayOf(database.clock.now(), timeZone),
    billingDay: await readBillingDay(database, company),
  };
}

/** Returns the company's figures of a day, today's where none is given; zeros for a day without entries. */
export async function readCompanyDay(
  { db, clock }: Database,
  company: Company,
  day: string | null,
): Promise<CompanyDay> {
  const [found] = await sumCompanyDays(db, [day ?? dayOf(clock.now(), company.timeZone)]);
  return found!;
}

/**
 * Returns the company's figures of each day of a range, both ends included, newest first.
 * @throws Refusal BAD_USER_INPUT where the range ends before it begins or is over 366 days long.
 */
export async function readCompanyDays(
  database: Database,
  company: Company,
  range: { from: string | null; to: string | null },
): Promise<CompanyDay[]> {
  const billing = await readBillingDay(database, company);
  return sumCompanyDays(database.db, rangeOfDays(range, billing, company.firstDay));
}

import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { dayOf } from '@ates/kit/process/calendar';
import { type Books, type CompanyDay, rangeOfDays } from '../domain/company.ts';
import { billingDay } from '../domain/day.ts';
import { findLastClosedDay, sumCompanyDays } from '../repository.ts';
import type { AccountingTables } from '../tables.ts';

type Database = Pick<ServiceDatabase<AccountingTables>, 'db' | 'clock'>;

/** The day that new entries count towards (rule 10). */
export async function readBillingDay({ db, clock }: Database, books: Books): Promise<string> {
  return billingDay(dayOf(clock.now(), books.timeZone), await findLastClosedDay(db), books.firstDay);
}

/** The zone that the company lives in, which day it is there, and the one that new entries count towards. */
export async function readCompany(
  database: Database,
  books: Books,
): Promise<{ timeZone: string; today: string; billingDay: string }> {
  const { timeZone } = books;
  return {
    timeZone,
    today: dayOf(database.clock.now(), timeZone),
    billingDay: await readBillingDay(database, books),
  };
}

/** The company's figures of a day, today's where none is given; nothing but zeros for days without entries. */
export async function readCompanyDay(
  { db, clock }: Database,
  books: Books,
  day: string | null,
): Promise<CompanyDay> {
  const [found] = await sumCompanyDays(db, [day ?? dayOf(clock.now(), books.timeZone)]);
  return found!;
}

/**
 * The company's figures of each day of a range, both ends included, newest first.
 * @throws Refusal BAD_USER_INPUT where it ends before it begins or is over 366 days long.
 */
export async function readCompanyDays(
  database: Database,
  books: Books,
  range: { from: string | null; to: string | null },
): Promise<CompanyDay[]> {
  const billing = await readBillingDay(database, books);
  return sumCompanyDays(database.db, rangeOfDays(range, billing, books.firstDay));
}

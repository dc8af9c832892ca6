import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { addDays, dayOf } from '@ates/kit/process/calendar';
import { newId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import type { Company } from '../domain/company.ts';
import { firstUnclosedDay } from '../domain/day.ts';
import type { PayoutRun } from '../domain/payout.ts';
import { lockOutPostings } from '../ledgerRepository.ts';
import { findLastClosedDay, findRunOfDay, insertRun } from '../payoutRepository.ts';
import type { AccountingTables } from '../tables.ts';

/**
 * Closes a day (today where none is given) and the unclosed days before it (rule 11). Returns the day's run, which
 * workers carry out; for a day that is closed already, the run that it has.
 * @throws Refusal BAD_USER_INPUT for a day after today or before the company's first.
 */
export async function closeDay(
  database: ServiceDatabase<AccountingTables>,
  company: Company,
  given?: string | null,
): Promise<PayoutRun> {
  const today = dayOf(database.clock.now(), company.timeZone);
  const day = given ?? today;
  // Before the checks: a closed day passed them when it was closed.
  const found = await findRunOfDay(database.db, day);
  if (found) return found;
  if (day > today)
    throw new Refusal('BAD_USER_INPUT', `${day} is not over: the last day that can be closed is ${today}.`);
  if (day < company.firstDay)
    throw new Refusal('BAD_USER_INPUT', `${day} is before the company's first day, ${company.firstDay}.`);
  // Ends, since each pass closes one day. Where another process closes `day` meanwhile, the last pass returns its run.
  for (;;) {
    const run = await closeNextDay(database, company, day);
    if (run.day === day) return run;
  }
}

/**
 * Closes every unclosed day that is over: the nightly closing (rule 11). An outage of a week and a day of 23 hours need
 * no special case. Returns how many days it closed.
 */
export async function closeDaysThatAreOver(
  database: ServiceDatabase<AccountingTables>,
  company: Company,
): Promise<number> {
  const yesterday = addDays(dayOf(database.clock.now(), company.timeZone), -1);
  let closed = 0;
  for (;;) {
    const next = firstUnclosedDay(await findLastClosedDay(database.db), company.firstDay);
    if (next > yesterday) return closed;
    await closeNextDay(database, company, yesterday);
    closed++;
  }
}

/**
 * Closes the first unclosed day, or returns the run of `day` where that is closed already. This is the barrier: one
 * short transaction that has the posting lock alone, so that no posting is half done, and none begins before the day's
 * row exists (rule 11).
 */
function closeNextDay(
  database: ServiceDatabase<AccountingTables>,
  company: Company,
  day: string,
): Promise<PayoutRun> {
  return database.transact(async (work) => {
    const { trx } = work;
    await lockOutPostings(trx);
    const next = firstUnclosedDay(await findLastClosedDay(trx), company.firstDay);
    const run =
      next > day
        ? await findRunOfDay(trx, day)
        : await insertRun(trx, { id: newId(), day: next, now: work.readClock() });
    if (!run) throw new Error(`the days before ${next} are closed, but there is no run of ${day}`);
    work.wake('runs');
    return run;
  });
}

import { addDays, dayOf } from '@ates/kit/calendar';
import { type Clock, newId } from '@ates/kit/clock';
import { ringAfterCommit, transact } from '@ates/kit/database';
import { Refusal } from '@ates/kit/refusal';
import type { Kysely } from 'kysely';
import type { Books } from '../domain/company.ts';
import { firstUnclosedDay } from '../domain/day.ts';
import type { PayoutRun } from '../domain/payout.ts';
import { lockOutPostings } from '../ledgerRepository.ts';
import { findRunOfDay, insertRun } from '../payoutRepository.ts';
import { findLastClosedDay } from '../repository.ts';
import type { AccountingTables } from '../tables.ts';

/**
 * Closes a day, today where none is given, and the unclosed ones before it (rule 11). Hands back the day's run, which
 * workers carry out; a day that is closed already hands back the run it has.
 * @throws Refusal BAD_USER_INPUT for a day after today or before the company's first.
 */
export async function closeDay(
  db: Kysely<AccountingTables>,
  clock: Clock,
  books: Books,
  given?: string | null,
): Promise<PayoutRun> {
  const today = dayOf(clock.now(), books.timeZone);
  const day = given ?? today;
  // Before anything else: it was right to close it when it was closed.
  const found = await findRunOfDay(db, day);
  if (found) return found;
  if (day > today)
    throw new Refusal('BAD_USER_INPUT', `${day} is not over: the last day that can be closed is ${today}.`);
  if (day < books.firstDay)
    throw new Refusal('BAD_USER_INPUT', `${day} is before the company's first day, ${books.firstDay}.`);
  // One day each time, so it ends: at `day`, if not at one that somebody else closes meanwhile.
  for (;;) {
    const run = await closeNextDay(db, clock, books, day);
    if (run.day === day) return run;
  }
}

/**
 * The nightly closing: every unclosed day that is over (rule 11). It is the same after an outage of a week and on a
 * day of 23 hours. Hands back how many days it closed.
 */
export async function closeDaysThatAreOver(
  db: Kysely<AccountingTables>,
  clock: Clock,
  books: Books,
): Promise<number> {
  const yesterday = addDays(dayOf(clock.now(), books.timeZone), -1);
  let closed = 0;
  for (;;) {
    const next = firstUnclosedDay(await findLastClosedDay(db), books.firstDay);
    if (next > yesterday) return closed;
    await closeNextDay(db, clock, books, yesterday);
    closed++;
  }
}

/**
 * The barrier: one short transaction that has the posting lock alone, so that no posting is half done and none begins
 * before the day's row is there (rule 11). Closes the first unclosed day, and hands back the run of `day` where that
 * is closed already.
 */
function closeNextDay(
  db: Kysely<AccountingTables>,
  clock: Clock,
  books: Books,
  day: string,
): Promise<PayoutRun> {
  return transact(db, async (trx) => {
    await lockOutPostings(trx);
    const next = firstUnclosedDay(await findLastClosedDay(trx), books.firstDay);
    const run =
      next > day
        ? await findRunOfDay(trx, day)
        : await insertRun(trx, { id: newId(), day: next, now: clock.now() });
    if (!run) throw new Error(`the days before ${next} are closed, but there is no run of ${day}`);
    ringAfterCommit(trx, 'runs');
    return run;
  });
}

import type { Client } from '../graphqlClient.ts';
import { requestAs } from '../session.ts';
import { type Books, type ClosedBooks, compareBooks, type PayoutRunState } from './compareBooks.ts';
import { type ExpectedSums, sumFacts } from './expectedSums.ts';
import { formatCents, parseCents } from './money.ts';
import { type Cast, demoLogIns, gatherCast, type LogIn } from './people.ts';
import { readAccounts, readAudit, readEntriesSince, readFigures } from './readBooks.ts';
import { noteTasks, readTasksOfDay } from './readFacts.ts';
import { printStatements } from './statements.ts';
import { waitUntil } from './waitUntil.ts';
import { putUpTasks, reassignEverything, resolveOwnTasks } from './work.ts';

export interface DayOptions {
  readonly client: Client;
  /** Called with whole lines for people. */
  readonly print: (text: string) => void;
  /** A CSV file of tasks, as the import takes it. */
  readonly backlogFile: string;
  /** The users who take part; the demo company by default. */
  readonly logIns?: readonly LogIn[];
  /** How long each effect may take, in seconds. */
  readonly patienceSeconds?: number;
}

export interface DayResult {
  /** A sentence for each thing that is wrong; empty where the books balance and each sum holds. */
  readonly problems: readonly string[];
  /** The day's sums, computed from the facts. */
  readonly expected: ExpectedSums;
  /** The payout run of the day; null where the day was closed already. */
  readonly payoutRun: PayoutRunState | null;
}

/**
 * Plays a company's day through the public endpoint alone, as its users would, and checks the books against sums of
 * the facts. On a system that is in use, sums are differences from the state at the beginning; no other user should
 * work at the same time.
 * @throws GraphqlError where a step is refused, DayError where a user that the day needs cannot sign in.
 */
export async function playCompanyDay(options: DayOptions): Promise<DayResult> {
  const { client, print, backlogFile, patienceSeconds = 60 } = options;
  const problems: string[] = [];
  const wait = async (what: string, seconds: number, look: () => Promise<string | null>) => {
    const problem = await waitUntil(what, seconds, look);
    if (problem) problems.push(problem);
  };

  const cast = await gatherCast(client, options.logIns ?? demoLogIns);
  for (const { user } of cast.everybody) print(`${user.name} (${user.role}) signs in.`);
  const day = await beginDay(client, cast, wait, patienceSeconds);
  const booksNow = async (): Promise<Books> => ({
    accounts: await readAccounts(client, cast, day.billingDay),
    figures: await readFigures(client, cast, day.billingDay),
  });
  const before = await quietBooks(booksNow, wait, patienceSeconds);
  const tasksBefore = await noteTasks(client, cast.admin);
  const facts = async () => sumFacts(await readTasksOfDay(client, cast.admin, tasksBefore), tasksBefore);
  const settled = (what: string) =>
    wait(what, patienceSeconds, async () => whatIsMissing(await facts(), before, await booksNow()));

  problems.push(...(await putUpTasks(client, cast, backlogFile, print)));
  await settled('the fees of the new tasks');
  print(`${await resolveOwnTasks(client, cast, () => 2)} tasks are resolved.`);
  problems.push(...(await reassignEverything(client, cast, print, patienceSeconds)));
  await settled('the fees of the reassignment');
  // Some users resolve many tasks and end above zero, others do not: so there are both payouts and debts to carry.
  print(
    `${await resolveOwnTasks(client, cast, (place) => (place % 2 === 0 ? 1 : 4))} more tasks are resolved.`,
  );
  await settled('the rewards');

  const payoutRun = day.closedAlready
    ? null
    : await closeDay(client, cast, day.billingDay, wait, patienceSeconds);
  print(
    payoutRun
      ? `${cast.admin.user.name} closes ${day.billingDay}: ${payoutRun.payoutCount} payouts, ${formatCents(payoutRun.paidTotalCents)} in all.`
      : `${day.today} is closed already, so nothing is closed or paid out; today's work counts towards ${day.billingDay}.`,
  );
  const expected = await facts();
  if (payoutRun) {
    await wait('the payouts in analytics', patienceSeconds, async () => {
      const { figures } = await booksNow();
      const cents = figures.analyticsPaidOutCents - before.figures.analyticsPaidOutCents;
      return cents === payoutRun.paidTotalCents ? null : `${formatCents(cents)} have arrived`;
    });
    // Late mail is reported, but is no problem: it makes no sum wrong and never blocks money.
    const late = await waitUntil('the e-mails about wages', mailSeconds, async () => {
      const { accounts } = await booksNow();
      const pending = [...accounts.values()].filter(({ payout }) => payout?.email === 'PENDING').length;
      return pending === 0 ? null : `${pending} are still to be sent`;
    });
    if (late) print(late);
  }

  const after = await closeBooks(client, cast, before, await booksNow(), payoutRun);
  printStatements(before, after, print);
  if (after.figures.today !== day.today)
    problems.push(
      `Midnight passed: entries posted after ${day.today} count towards ${after.figures.today}, so the sums of one day mean nothing. Run the demo again.`,
    );
  problems.push(...compareBooks(expected, before, after));
  return { problems, expected, payoutRun };
}

/** How long to wait for the e-mails about wages, in seconds. */
const mailSeconds = 10;

type Wait = (what: string, seconds: number, look: () => Promise<string | null>) => Promise<void>;

interface DayBegun {
  readonly today: string;
  /** The day that new entries count towards (rule 10). */
  readonly billingDay: string;
  readonly closedAlready: boolean;
}

/** How long the loop that closes days may take, in seconds: it runs each minute, so yesterday may still be open. */
const nightlyClosingSeconds = 90;

const calendarDocument = `query Calendar {
  today: companyDay { day }
  days: companyDays { day closed }
}`;
interface Calendar {
  today: { day: string };
  days: { day: string; closed: boolean }[];
}

/** Reads which day it is, and waits until all earlier days are closed: a late payout would be in today's sums. */
async function beginDay(client: Client, cast: Cast, wait: Wait, patienceSeconds: number): Promise<DayBegun> {
  const look = () => requestAs<Calendar>(client, cast.accountant, calendarDocument);
  await wait('earlier days to be closed', nightlyClosingSeconds, async () => {
    const { today, days } = await look();
    const open = days.find(({ day, closed }) => day < today.day && !closed);
    return open ? `${open.day} is still open` : null;
  });
  const { today, days } = await look();
  // Newest first. The first is the billing day, which is later than today where today is closed.
  const billingDay = days[0]!.day;
  const closedAlready = billingDay > today.day;
  if (closedAlready)
    await wait("today's payouts", patienceSeconds, async () =>
      (await look()).days.every(({ day, closed }) => closed || day === billingDay)
        ? null
        : `the payout run of ${today.day} is under way`,
    );
  return { today: today.day, billingDay, closedAlready };
}

/** Returns the books once they no longer change: two reads in a row are the same. */
async function quietBooks(
  booksNow: () => Promise<Books>,
  wait: Wait,
  patienceSeconds: number,
): Promise<Books> {
  let last = await booksNow();
  let lookedAt = '';
  await wait('the books to be quiet', patienceSeconds, async () => {
    last = await booksNow();
    const lookedBefore = lookedAt;
    lookedAt = JSON.stringify([[...last.accounts.values()], last.figures]);
    return lookedAt === lookedBefore ? null : 'they still change';
  });
  return last;
}

/** Returns what ledger and analytics still lack of the facts, as a clause; null where they have all. */
function whatIsMissing(expected: ExpectedSums, before: Books, now: Books): string | null {
  const since = (read: (books: Books) => number) => read(now) - read(before);
  const sum = (read: 'feesCents' | 'rewardsCents') =>
    since(({ accounts }) => [...accounts.values()].reduce((cents, account) => cents + account[read], 0));
  const figures: [string, number, number][] = [
    ['cents of fees', sum('feesCents'), expected.feesCents],
    ['cents of rewards', sum('rewardsCents'), expected.rewardsCents],
    [
      'cents earned in analytics',
      since(({ figures }) => figures.analyticsEarnedCents),
      expected.feesCents - expected.rewardsCents,
    ],
    ['tasks created in analytics', since(({ figures }) => figures.tasksCreated), expected.tasksCreated],
    ['assignments in analytics', since(({ figures }) => figures.assignments), expected.assignments],
    ['tasks resolved in analytics', since(({ figures }) => figures.tasksResolved), expected.tasksResolved],
  ];
  const wrong = figures.filter(([, is, should]) => is !== should);
  return wrong.map(([what, is, should]) => `there are ${is} ${what} instead of ${should}`).join(', ') || null;
}

const runFields = 'day status payoutCount paidTotal';
interface Run {
  day: string;
  status: string;
  payoutCount: number;
  paidTotal: string;
}

/** Closes the day before its end, as the admin, and waits until every account is paid. */
async function closeDay(
  client: Client,
  cast: Cast,
  day: string,
  wait: Wait,
  patienceSeconds: number,
): Promise<PayoutRunState> {
  const document = `mutation CloseDay($day: Date!) { run: closeDay(day: $day) { ${runFields} } }`;
  let { run } = await requestAs<{ run: Run }>(client, cast.admin, document, { day });
  await wait('the payout run', patienceSeconds, async () => {
    const query = `query PayoutRun($day: Date!) { run: payoutRun(day: $day) { ${runFields} } }`;
    run = (await requestAs<{ run: Run }>(client, cast.admin, query, { day })).run;
    return run.status === 'COMPLETED' ? null : `it is ${run.status}`;
  });
  const { status, payoutCount, paidTotal } = run;
  return { day, status, payoutCount, paidTotalCents: parseCents(paidTotal) };
}

async function closeBooks(
  client: Client,
  cast: Cast,
  before: Books,
  now: Books,
  payoutRun: PayoutRunState | null,
): Promise<ClosedBooks> {
  const entries = new Map<string, Awaited<ReturnType<typeof readEntriesSince>>>();
  for (const id of now.accounts.keys())
    entries.set(id, await readEntriesSince(client, cast, id, before.accounts.get(id)?.newestEntryId ?? null));
  return { ...now, entries, payoutRun, audit: await readAudit(client, cast) };
}

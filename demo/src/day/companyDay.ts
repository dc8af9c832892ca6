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
  /** Gets whole lines for people. */
  readonly print: (text: string) => void;
  /** A CSV file of tasks, as the import takes it. */
  readonly backlogFile: string;
  /** Who takes part; the demo company unless given. */
  readonly logIns?: readonly LogIn[];
  /** How long each effect may take to come about, in seconds. */
  readonly patienceSeconds?: number;
}

export interface DayResult {
  /** A sentence for everything that is not as it must be; empty where the books balance and each sum holds. */
  readonly problems: readonly string[];
  /** What the facts make of the day. */
  readonly expected: ExpectedSums;
  /** The run that closed the day; null where it was closed already. */
  readonly payoutRun: PayoutRunState | null;
}

/**
 * Plays a company's day through the public endpoint alone, as its users would, and checks the books against sums made
 * of the facts. On a system that is in use, sums are differences to what was there at the beginning; nobody else
 * should work meanwhile.
 * @throws GraphqlError where a step is refused, DayError where somebody that the day needs can't sign in.
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
  // Some are diligent and end above zero, some are not, so that there is somebody to pay and a debt to carry.
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
      return cents === payoutRun.paidTotalCents ? null : `${formatCents(cents)} have got there`;
    });
    // Late mail is no wrong sum: it never blocks money.
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
      `Midnight passed: what was posted after ${day.today} counts towards ${after.figures.today}, so the sums of one day mean nothing. Run it again.`,
    );
  problems.push(...compareBooks(expected, before, after));
  return { problems, expected, payoutRun };
}

/** How long the e-mails about wages are waited for, in seconds. */
const mailSeconds = 10;

type Wait = (what: string, seconds: number, look: () => Promise<string | null>) => Promise<void>;

interface DayBegun {
  readonly today: string;
  /** What entries count towards (rule 10). */
  readonly billingDay: string;
  readonly closedAlready: boolean;
}

/** The nightly closing ticks each minute, in seconds: shortly after midnight yesterday may still be open. */
const nightlyClosingSeconds = 90;

const calendarDocument = `query Calendar {
  today: companyDay { day }
  days: companyDays { day closed }
}`;
interface Calendar {
  today: { day: string };
  days: { day: string; closed: boolean }[];
}

/** Finds out which day it is, and waits until all earlier ones are closed: a late payout would be in today's sums. */
async function beginDay(client: Client, cast: Cast, wait: Wait, patienceSeconds: number): Promise<DayBegun> {
  const look = () => requestAs<Calendar>(client, cast.accountant, calendarDocument);
  await wait('earlier days to be closed', nightlyClosingSeconds, async () => {
    const { today, days } = await look();
    const open = days.find(({ day, closed }) => day < today.day && !closed);
    return open ? `${open.day} is still open` : null;
  });
  const { today, days } = await look();
  // Newest first, and the first is the billing day: a later one than today where today is closed.
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

/** The books as they are once nothing moves in them any more and everybody has an account. */
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

/** Whether ledger and analytics have heard of all the facts; what they have not, as a clause. */
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

/** The admin closes the day before its end and waits until everybody is paid. */
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

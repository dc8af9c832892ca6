import { setTimeout as sleep } from 'node:timers/promises';
import {
  ask,
  type BenchCompany,
  fillOpenTasks,
  readLongestStatement,
  resetStatements,
  sayWhereTimeWent,
} from '../company.ts';
import type { Benchmark } from '../context.ts';
import { nodeProcesses, readCpu, readPeaks, resetPeaks } from '../machine.ts';
import { say, showProgress } from '../progress.ts';
import { bareSqlReassignment } from '../yardsticks/bareReassignment.ts';

/** Without Redis, a million would take a tenth of the time of all benchmarks, and show the same as 100,000. */
const sizes: Record<BenchCompany['backend'], readonly number[]> = {
  redis: [10_000, 100_000, 1_000_000],
  postgresql: [10_000, 100_000],
};
const passes = [1, 2, 3];

/**
 * Measures the time from pressing 'reassign' to the last entry in the ledger and the last row in analytics, against one
 * connection that writes the same rows by bare SQL. The first pass also draws the tasks' prices.
 */
export const reassign: Benchmark = async (
  { backend, quick, tasks, explain, company: openCompany, once },
  report,
) => {
  const company = await openCompany();
  for (const size of quick ? [2_000] : tasks ? [tasks] : sizes[backend]) {
    // Before the company is filled up to this size: the yardstick has tables of its own, of the same size.
    const bare = await once(`bare reassignment of ${size}`, () => bareSqlReassignment(company, size));
    await fillOpenTasks(company, size);
    for (const pass of passes) {
      resetPeaks(nodeProcesses(company.system));
      await resetStatements(company);
      const cpu = readCpu(company.system.pids);
      const seconds = await pressAndWait(company, { exactly: size });
      if (explain) await sayWhereTimeWent(company, cpu);
      const rate = size / seconds;
      const longest = await readLongestStatement(company);
      say(
        `the longest statement took ${Math.round(longest.ms)} ms: ${longest.statement.replace(/\s+/g, ' ').slice(0, 120)}`,
      );
      const batched = bare.batched[Math.min(pass, 2) - 1] as number;
      const whole = bare.whole[Math.min(pass, 2) - 1] as number;
      report({
        bench: 'reassign',
        what: `${size.toLocaleString('en-US')} tasks, pass ${pass}`,
        backend,
        values: { 'tasks/s': rate, s: seconds, 'longest statement ms': longest.ms },
        yardsticks: [
          { name: 'bare SQL in batches of 1,000, tasks/s', value: batched, ratio: rate / batched },
          { name: 'bare SQL in one statement, tasks/s', value: whole, ratio: rate / whole },
        ],
        peakMiB: readPeaks(nodeProcesses(company.system)),
      });
    }
  }
};

/**
 * Presses 'reassign', waits until all its effects are in all databases, and returns the seconds that this took.
 * `exactly` is for when nothing else happens: more effects are then as wrong as fewer.
 * @throws where an assignment is missing or doubled, or was not charged exactly once.
 */
export async function pressAndWait(
  company: BenchCompany,
  size: { exactly: number } | { atLeast: number },
): Promise<number> {
  const least = 'exactly' in size ? size.exactly : size.atLeast;
  const before = await counts(company);
  const token = await company.token('max');
  const progress = showProgress(`reassigning ${least.toLocaleString('en-US')} tasks`, least);
  const began = performance.now();
  await ask(company.system, token, 'mutation { reassignTasks { id } }');
  let added: Counts;
  do {
    await sleep(Math.min(100, 10 + least / 1_000));
    added = difference(await counts(company), before);
    progress.update(added.counted);
    if (performance.now() - began > 600_000)
      throw new Error(`not done after ten minutes: ${JSON.stringify(added)}`);
  } while (Object.values(added).some((count) => count < least) || (await isRunning(company)));
  const seconds = (performance.now() - began) / 1_000;
  progress.stop();
  if ('exactly' in size && Object.values(added).some((count) => count !== least))
    throw new Error(`not ${least} of each: ${JSON.stringify(added)}`);
  return seconds;
}

async function isRunning({ databases }: BenchCompany): Promise<boolean> {
  const { rowCount } = await databases.tracker.query(
    "select from reassignment where status in ('QUEUED', 'RUNNING')",
  );
  return rowCount !== 0;
}

const difference = (now: Counts, before: Counts): Counts => ({
  entries: now.entries - before.entries,
  counted: now.counted - before.counted,
  balances: now.balances - before.balances,
});

interface Counts {
  /** Entries in the ledger. */
  readonly entries: number;
  /** Assignments that analytics has counted. */
  readonly counted: number;
  /** Entries that analytics has counted. */
  readonly balances: number;
}

/** Reads the few rows that hold sums. Even that, 20 times a second, took a few percent of the processors' time. */
async function counts({ databases }: BenchCompany): Promise<Counts> {
  const one = async (
    client: { query(text: string): Promise<{ rows: { n: string | null }[] }> },
    query: string,
  ) => Number((await client.query(query)).rows[0]?.n ?? 0);
  const entries = await one(databases.accounting, 'select sum(last_number) as n from account');
  const counted = await one(databases.analytics, 'select sum(assignments) as n from task_day');
  const balances = await one(databases.analytics, 'select sum(number) as n from account_balance');
  return { entries, counted, balances };
}

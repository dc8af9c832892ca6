import { setTimeout as sleep } from 'node:timers/promises';
import {
  ask,
  type BenchCompany,
  openCompany,
  readLongestStatement,
  resetStatements,
  sayWhereTimeWent,
  settleStores,
} from '../company.ts';
import type { Benchmark } from '../context.ts';
import { nodeProcesses, readCpu, readPeaks, resetPeaks } from '../machine.ts';
import { showProgress } from '../progress.ts';
import { bareSqlPayout, creditEverybody } from '../yardsticks/barePayout.ts';

const sizes = [1_000, 10_000, 100_000];

/** Measures the time from `closeDay` to COMPLETED, by the number of accounts with money, against bare SQL. */
export const payout: Benchmark = async ({ backend, quick, tasks, explain, once }, report) => {
  for (const size of quick ? [500] : tasks ? [tasks] : sizes) {
    // A new company for each size: today can be closed only once, and later days cannot be closed.
    const company = await openCompany(backend, 8);
    try {
      const bare = await once(`bare payout of ${size}`, () => bareSqlPayout(company, size));
      const { accounting } = company.databases;
      await creditEverybody(accounting, 'public', size);
      await settleStores([accounting]);
      resetPeaks(nodeProcesses(company.system));
      await resetStatements(company);
      const cpu = readCpu(company.system.pids);
      const seconds = await closeAndWait(company, size);
      if (explain) await sayWhereTimeWent(company, cpu);
      const longest = await readLongestStatement(company);
      report({
        bench: 'payout',
        what: `${size.toLocaleString('en-US')} accounts`,
        backend,
        values: { 'accounts/s': size / seconds, s: seconds, 'longest statement ms': longest.ms },
        yardsticks: [
          {
            name: 'bare SQL in batches of 1,000, accounts/s',
            value: bare.batched,
            ratio: size / seconds / bare.batched,
          },
          {
            name: 'bare SQL in one statement, accounts/s',
            value: bare.whole,
            ratio: size / seconds / bare.whole,
          },
        ],
        peakMiB: readPeaks(nodeProcesses(company.system)),
      });
    } finally {
      await company.close();
    }
  }
};

/** Closes the day and returns the seconds until all are paid. @throws where an account was not paid exactly once. */
async function closeAndWait({ system, databases, token }: BenchCompany, size: number): Promise<number> {
  const admin = await token('ada');
  const progress = showProgress(`paying ${size.toLocaleString('en-US')} accounts`, size);
  const began = performance.now();
  await ask(system, admin, 'mutation { closeDay { id } }');
  for (;;) {
    const { rows } = await databases.accounting.query<{ status: string; paid: number }>(
      'select status, payout_count as paid from payout_run order by day desc limit 1',
    );
    progress.update(rows[0]?.paid ?? 0);
    if (rows[0]?.status === 'COMPLETED') break;
    if (performance.now() - began > 300_000) throw new Error('the payout run is not done after five minutes');
    await sleep(5);
  }
  const seconds = (performance.now() - began) / 1_000;
  progress.stop();
  const { rows } = await databases.accounting.query<{ paid: string; accounts: string; left: string }>(
    `select count(*) as paid, count(distinct account_id) as accounts,
       (select count(*) from account where balance_cents <> 0) as left from payout`,
  );
  const [found] = rows;
  if (Number(found?.paid) !== size || Number(found?.accounts) !== size || Number(found?.left) !== 0)
    throw new Error(
      `paid ${found?.paid} times to ${found?.accounts} accounts, ${found?.left} still have money`,
    );
  return seconds;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchCompany, fillOpenTasks } from '../company.ts';
import type { Benchmark } from '../context.ts';
import { quantile, spread } from '../figures.ts';
import { fixedBody, openLoop } from '../load.ts';
import { nodeProcesses, readPeaks, resetPeaks } from '../machine.ts';
import { pressAndWait } from './reassign.ts';

/** Requests per second of each kind. */
const rate = 50;

const createTask = `mutation ($title: String!) {
  createTask(input: { title: $title }) { assignments(first: 1) { nodes { id } } }
}`;
const myTasks =
  '{ myTasks(status: IN_PROGRESS, first: 20) { nodes { id title assignmentFee completionReward } } }';

/**
 * Measures what users notice: the times of `createTask` and `myTasks`, 50 of each a second, and how long a new task
 * waits for its charge. It does so while nothing else happens, and while a million tasks are reassigned.
 */
export const feel: Benchmark = async ({ backend, quick, tasks, company: openCompany }, report) => {
  const company = await openCompany();
  // Without Redis, a million would take as long as all other benchmarks together, and show the same.
  const size = quick ? 2_000 : (tasks ?? (backend === 'redis' ? 1_000_000 : 100_000));
  await fillOpenTasks(company, size);
  const seconds = quick ? 3 : 20;
  // New processes answer ten times slower in their first ten seconds, so those are not measured.
  await underLoad(company, sleep(quick ? 1_000 : 15_000));
  resetPeaks(nodeProcesses(company.system));
  const idle = await underLoad(company, sleep(seconds * 1_000));
  report({ ...figureOf('idle', idle), backend, peakMiB: readPeaks(nodeProcesses(company.system)) });
  resetPeaks(nodeProcesses(company.system));
  const busy = await underLoad(company, pressAndWait(company, { atLeast: size }));
  const ratio = (name: 'createMs' | 'myTasksMs' | 'chargeMs') => {
    const value = quantile(idle[name], 0.99);
    return { value, ratio: quantile(busy[name], 0.99) / value };
  };
  report({
    ...figureOf(`while ${size.toLocaleString('en-US')} tasks are reassigned`, busy),
    backend,
    yardsticks: [
      { name: 'createTask p99 idle, ms', ...ratio('createMs') },
      { name: 'myTasks p99 idle, ms', ...ratio('myTasksMs') },
      { name: 'charge p99 idle, ms', ...ratio('chargeMs') },
    ],
    peakMiB: readPeaks(nodeProcesses(company.system)),
  });
};

interface Felt {
  readonly createMs: readonly number[];
  readonly myTasksMs: readonly number[];
  /** From the answer to `createTask` until the fee is in the ledger. */
  readonly chargeMs: readonly number[];
}

const figureOf = (what: string, felt: Felt) => ({
  bench: 'feel',
  what,
  values: {
    ...spread('createTask', felt.createMs),
    ...spread('myTasks', felt.myTasksMs),
    ...spread('charge', felt.chargeMs),
  },
});

/** Creates and lists tasks at a steady rate until `other` is over. */
async function underLoad(company: BenchCompany, other: Promise<unknown>): Promise<Felt> {
  let over = false;
  const ended = other.finally(() => {
    over = true;
  });
  const stop = () => over;
  const url = company.system.graphqlUrl;
  const headers = { authorization: `Bearer ${await company.token('kiwi')}` };
  const charges = watchCharges(company);
  let count = 0;
  const body = () =>
    JSON.stringify({ query: createTask, variables: { title: `Wipe the mirror once more, no. ${++count}` } });
  const [created, listed] = await Promise.all([
    openLoop(
      { url, headers, body },
      {
        perSecond: rate,
        stop,
        onAnswer: (answer, at) =>
          charges.expect((answer as Created).createTask.assignments.nodes[0]?.id as string, at),
      },
    ),
    openLoop({ url, headers, body: fixedBody(myTasks) }, { perSecond: rate, stop }),
    ended,
  ]);
  return { createMs: created.latenciesMs, myTasksMs: listed.latenciesMs, chargeMs: await charges.finish() };
}

interface Created {
  readonly createTask: { readonly assignments: { readonly nodes: readonly { readonly id: string }[] } };
}

/** How often the ledger is read, in milliseconds: waits are measured no more exactly than that. */
const lookEveryMs = 5;

/** Looks for the charges of assignments in the ledger: an entry has the id of its assignment. */
function watchCharges({ databases }: BenchCompany) {
  const since = new Map<string, number>();
  const waitedMs: number[] = [];
  let finishing = false;
  const watching = (async () => {
    while (!(finishing && since.size === 0)) {
      if (since.size > 0) {
        const { rows } = await databases.accounting.query<{ id: string }>({
          name: 'charges',
          text: 'select id from ledger_entry where id = any($1::uuid[])',
          values: [[...since.keys()]],
        });
        const now = performance.now();
        for (const { id } of rows) {
          waitedMs.push(now - (since.get(id) as number));
          since.delete(id);
        }
      }
      await sleep(lookEveryMs);
    }
    return waitedMs;
  })();
  return {
    expect: (assignmentId: string, at: number) => void since.set(assignmentId, at),
    finish() {
      finishing = true;
      return Promise.race([
        watching,
        sleep(60_000).then(() => {
          throw new Error(`${since.size} tasks were not charged within a minute`);
        }),
      ]);
    },
  };
}

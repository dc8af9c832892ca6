import { parseArgs } from 'node:util';
import { findRedisServer } from '@ates/system/stores/privateRedis';
import { create } from './benchmarks/create.ts';
import { feel } from './benchmarks/feel.ts';
import { gateway } from './benchmarks/gateway.ts';
import { live } from './benchmarks/live.ts';
import { payout } from './benchmarks/payout.ts';
import { read } from './benchmarks/read.ts';
import { reassign } from './benchmarks/reassign.ts';
import { start } from './benchmarks/start.ts';
import { type Benchmark, shareCompany } from './context.ts';
import { type Backend, type Figure, printLine, tableOf } from './figures.ts';
import { describeMachine } from './machine.ts';
import { say } from './progress.ts';

/** The benchmarks in their order. `reassign`, `feel` and `read` share a company, which the first of them fills. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  start,
  create,
  gateway,
  payout,
  reassign,
  feel,
  read,
  live,
};

/** The benchmarks that do not depend on the backend: measured once. */
const withoutQueues = new Set(['gateway', 'read']);

const usage = `Usage: npm run bench [-- [NAME …] [--backend redis|postgresql] [--tasks N] [--explain] [--peers] [--quick]]
  NAME        ${Object.keys(benchmarks).join(', ')}; all of them by default
  --backend   where the queues live; both by default, Redis only where it is installed
  --tasks     the only number of tasks to measure, where a benchmark measures several
  --explain   also prints where the time went
  --peers     also measures other gateways with the benchmark gateway; installs them first
  --quick     everything small, to see that it runs`;

/** Reads the command line. @throws Error with a sentence where it is wrong. */
function readArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      backend: { type: 'string' },
      tasks: { type: 'string' },
      quick: { type: 'boolean' },
      explain: { type: 'boolean' },
      peers: { type: 'boolean' },
    },
  });
  const { backend } = values;
  if (backend !== undefined && backend !== 'redis' && backend !== 'postgresql')
    throw new Error('--backend is redis or postgresql.');
  const tasks = values.tasks === undefined ? undefined : Number(values.tasks);
  if (tasks !== undefined && !(Number.isInteger(tasks) && tasks >= 1_000 && tasks <= 10_000_000))
    throw new Error('--tasks is a whole number from 1000 to 10000000.');
  const unknown = positionals.find((name) => !(name in benchmarks));
  if (unknown !== undefined) throw new Error(`There is no benchmark "${unknown}".`);
  return {
    backend,
    tasks,
    quick: values.quick ?? false,
    explain: values.explain ?? false,
    peers: values.peers ?? false,
    names: positionals,
  };
}

/** `npm run bench`: measures, prints a JSON line per figure and a table at the end. */
async function main(args: string[]): Promise<void> {
  let asked: ReturnType<typeof readArguments>;
  try {
    asked = readArguments(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exitCode = 1;
    return;
  }
  const { quick, tasks, explain, peers, names } = asked;
  const hasRedis = (await findRedisServer(process.env)) !== undefined;
  if (!hasRedis) say('No redis-server or valkey-server is on PATH: only the PostgreSQL backend is measured.');
  const backends = (['redis', 'postgresql'] as const).filter(
    (backend: Backend) =>
      (asked.backend === undefined || asked.backend === backend) && (backend !== 'redis' || hasRedis),
  );
  const began = performance.now();
  const figures: Figure[] = [];
  const kept = new Map<string, Promise<unknown>>();
  for (const backend of backends) {
    const shared = shareCompany(backend, quick);
    try {
      for (const [name, benchmark] of Object.entries(benchmarks)) {
        if (names.length > 0 && !names.includes(name)) continue;
        if (backend !== backends[0] && withoutQueues.has(name)) continue;
        say(`${name}, queues in ${backend} …`);
        const begins = performance.now();
        try {
          await benchmark(
            {
              backend,
              quick,
              tasks,
              explain,
              peers,
              company: shared.company,
              once<Value>(what: string, measure: () => Promise<Value>) {
                const value = kept.get(what) ?? measure();
                kept.set(what, value);
                return value as Promise<Value>;
              },
            },
            (figure) => {
              figures.push(figure);
              printLine(figure);
            },
          );
        } catch (error) {
          // The figures of the other benchmarks are still useful.
          console.error(`${name}, queues in ${backend}, failed:`, error);
          process.exitCode = 1;
        } finally {
          say(`${name} took ${Math.round((performance.now() - begins) / 1_000)} s`);
        }
      }
    } finally {
      await shared.close();
    }
  }
  console.log(`\n${tableOf(figures)}`);
  console.log(
    `${describeMachine()}; ${((performance.now() - began) / 60_000).toFixed(1)} minutes${quick ? '; --quick: the figures mean nothing' : ''}`,
  );
}

await main(process.argv.slice(2));

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type BenchCompany, fillOpenTasks, openCompany } from '../company.ts';
import type { Benchmark } from '../context.ts';
import { type Figure, spread } from '../figures.ts';
import { closedLoop, fixedBody, type Operation, perSecond } from '../load.ts';
import { nodeProcesses, readCpu, readPeaks, resetPeaks } from '../machine.ts';

const query =
  '{ tasks(first: 50) { nodes { id title status assignedAt assignee { id name } assignmentFee completionReward } } }';
/** The part of the query that tracker answers alone. */
const trackersPart = '{ tasks(first: 50) { nodes { id title status assignedAt assignee { id } } } }';

/**
 * Measures a query for 50 tasks with their assignees' names (auth) and prices (accounting) through the gateway, and the
 * gateway's own share of it. The yardsticks are Apollo's gateway with its own fetcher on the same subgraphs, and
 * tracker's part without a gateway.
 */
export const taskList: Benchmark = async ({ backend, quick }, report) => {
  const company = await openCompany(backend, 100);
  try {
    await fillOpenTasks(company, 1_000);
    const apollo = await startApolloGateway(company);
    try {
      await compare(company, apollo, quick, report);
    } finally {
      apollo.process.kill();
    }
  } finally {
    await company.close();
  }
};

async function compare(
  company: BenchCompany,
  apollo: { url: string; process: ChildProcess },
  quick: boolean,
  report: (figure: Figure) => void,
): Promise<void> {
  const { system, backend } = company;
  const headers = { authorization: `Bearer ${await company.token('kiwi')}` };
  const ours: Operation = { url: system.graphqlUrl, headers, body: fixedBody(query) };
  const theirs: Operation = { url: apollo.url, headers, body: fixedBody(query) };
  const direct: Operation = {
    url: `${system.subgraphUrls.get('tracker')}/graphql`,
    headers: { ...headers, 'x-internal-secret': system.subgraphSecrets.get('tracker') ?? '' },
    body: fixedBody(trackersPart),
  };
  const seconds = quick ? 0.5 : 5;
  for (const operation of [ours, theirs, direct]) await closedLoop(operation, { connections: 8, seconds });
  for (const connections of quick ? [8] : [1, 8]) {
    resetPeaks({ ...nodeProcesses(system), 'apollo gateway': apollo.process.pid });
    const gateways = { ours: nodeProcesses(system).gateway, theirs: apollo.process.pid };
    const cpuMs = async (operation: Operation, who: keyof typeof gateways) => {
      const before = readCpu(gateways)[who] ?? Number.NaN;
      const load = await closedLoop(operation, { connections, seconds });
      const used = (readCpu(gateways)[who] ?? Number.NaN) - before;
      return { ...load, cpuMs: (used * 1_000) / load.latenciesMs.length };
    };
    const measured = {
      ours: await cpuMs(ours, 'ours'),
      theirs: await cpuMs(theirs, 'theirs'),
      direct: await closedLoop(direct, { connections, seconds }),
    };
    const rate = perSecond(measured.ours);
    report({
      bench: 'gateway',
      what: `50 tasks with names and prices, ${connections} connections`,
      backend,
      values: {
        'gateway cpu ms/query': measured.ours.cpuMs,
        'queries/s': rate,
        ...spread('query', measured.ours.latenciesMs),
      },
      yardsticks: [
        {
          name: '@apollo/gateway with its own fetcher, cpu ms/query',
          value: measured.theirs.cpuMs,
          ratio: measured.ours.cpuMs / measured.theirs.cpuMs,
        },
        {
          name: '@apollo/gateway with its own fetcher, queries/s',
          value: perSecond(measured.theirs),
          ratio: rate / perSecond(measured.theirs),
        },
        {
          name: 'tracker alone, its part, queries/s',
          value: perSecond(measured.direct),
          ratio: rate / perSecond(measured.direct),
        },
      ],
      peakMiB: readPeaks({ ...nodeProcesses(system), 'apollo gateway': apollo.process.pid }),
    });
  }
}

async function startApolloGateway({ system }: BenchCompany): Promise<{ url: string; process: ChildProcess }> {
  const settings = {
    supergraph: fileURLToPath(new URL('../../../schema/supergraph.graphql', import.meta.url)),
    urls: Object.fromEntries([...system.subgraphUrls].map(([name, url]) => [name, `${url}/graphql`])),
    secrets: Object.fromEntries(system.subgraphSecrets),
  };
  // As it runs in production: without the stack traces and checks of development.
  const child = fork(
    fileURLToPath(import.meta.resolve('@ates/bench/yardsticks/apolloGateway')),
    [JSON.stringify(settings)],
    {
      env: { ...process.env, NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: 'true' },
    },
  );
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url));
    child.once('exit', (code) => reject(new Error(`the yardstick's gateway ended with ${code}`)));
  });
  return { url, process: child };
}

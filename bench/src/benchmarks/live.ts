import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@apollo/composition';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { parse } from 'graphql';
import { ask, type BenchCompany, fillOpenTasks, openCompany, untilQuiet } from '../company.ts';
import type { Benchmark } from '../context.ts';
import { type Figure, quantile, spread } from '../figures.ts';
import { nodeProcesses, readCpu, readMemory, readPeaks, resetPeaks } from '../machine.ts';
import { say } from '../progress.ts';
import { Swarm } from '../swarm.ts';
import { pressAndWait } from './reassign.ts';

type Report = (figure: Figure) => void;

/**
 * Measures subscriptions: the load of the gateway alone, against a plain graphql-ws server with the same payloads; how
 * soon a resolved task shows in a balance; and how much 200 listeners slow a reassignment.
 */
export const live: Benchmark = async ({ backend, quick, tasks, once }, report) => {
  await once('what the gateway carries', () => carry(quick, report));
  await resolveToBalance(backend, quick, report);
  // Not the shared company, which has ten times as many tasks by now.
  const company = await openCompany(backend, quick ? 50 : 1_000);
  try {
    await reassignWhileWatched(company, { tasks: quick ? 2_000 : (tasks ?? 100_000), quick }, report);
  } finally {
    await company.close();
  }
};

const sdl = `
  type Query { nothing: Boolean }
  type Subscription { balanceChanged: BalanceChange! }
  type BalanceChange { balance: String! account: Account! entries: [Entry!]! }
  type Account { id: ID! }
  type Entry { id: ID! amount: String! description: String! }`;
const watch = 'subscription { balanceChanged { balance account { id } entries { id amount description } } }';

interface Pair {
  readonly gateway: Started;
  readonly plain: Started;
}

/** Measures a new gateway alone, over a new subgraph that is also the yardstick. */
async function withGateway(measure: (pair: Pair) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'exchange-bench-'));
  const children: ChildProcess[] = [];
  try {
    const plain = await start(moduleOf('@ates/bench/yardsticks/plainSocketServer'), [sdl], {});
    children.push(plain.child);
    const supergraph = join(directory, 'supergraph.graphql');
    const service = { name: 'plain', url: plain.url, typeDefs: parse(sdl) };
    writeFileSync(supergraph, composeServices([service]).supergraphSdl as string);
    const gateway = await start(moduleOf('@ates/gateway/main'), [], {
      SUPERGRAPH: supergraph,
      SUBGRAPH_URL_PLAIN: plain.url,
      SUBGRAPH_SECRET_PLAIN: 'a secret of the benchmark',
      PORT: '0',
      LOG_LEVEL: 'error',
    });
    children.push(gateway.child);
    await measure({ gateway, plain });
  } finally {
    for (const child of children) child.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Measures the load that the gateway can take: idle sockets, and payloads. */
async function carry(quick: boolean, report: Report): Promise<void> {
  // New processes: memory that they took before would hide the memory that the sockets take.
  await withGateway((pair) => idleSockets(pair, quick, report));
  await withGateway(async ({ gateway, plain }) => {
    const pids = { gateway: gateway.child.pid, 'plain server': plain.child.pid };
    const change = () => void plain.child.send('change');
    const seconds = quick ? 1 : 5;
    for (const { what, count, authorization } of [
      { what: 'one hub', count: quick ? 100 : 2_000, authorization: () => 'Bearer one' },
      { what: 'distinct users', count: quick ? 20 : 200, authorization: (n: number) => `Bearer ${n}` },
    ]) {
      resetPeaks(pids);
      const swarm = { count, authorization };
      const theirs = await sendPayloads(plain, plain.url, swarm, change, seconds);
      const ours = await sendPayloads(gateway, `${gateway.url}/graphql`, swarm, change, seconds);
      const name = 'plain graphql-ws server';
      report({
        bench: 'live',
        what: `${count.toLocaleString('en-US')} sockets, ${what}`,
        backend: null,
        values: { 'payloads/s': ours.perSecond, 'cpu µs/payload': ours.cpuUs },
        yardsticks: [
          { name: `${name}, payloads/s`, value: theirs.perSecond, ratio: ours.perSecond / theirs.perSecond },
          { name: `${name}, cpu µs/payload`, value: theirs.cpuUs, ratio: ours.cpuUs / theirs.cpuUs },
        ],
        peakMiB: readPeaks(pids),
      });
    }
  });
}

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Returns the path of a module as this process would load it: built, or from its sources. */
const moduleOf = (name: string) => fileURLToPath(import.meta.resolve(name));

/** Starts a process that sends its URL by IPC. */
async function start(module: string, args: string[], environment: Record<string, string>): Promise<Started> {
  const env = { ...process.env, NODE_ENV: 'production', ...environment };
  const child = fork(module, args, { env });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message: { url?: string; ready?: { url: string } }) =>
      resolve((message.url ?? message.ready?.url) as string),
    );
    child.once('exit', (code) => reject(new Error(`${module} ended with ${code}`)));
  });
  return { child, url };
}

const socketUrl = (url: string) => url.replace('http', 'ws');

/**
 * Makes a change, waits until it has reached every socket, and repeats that. Returns payloads per second, and the
 * processor time of the sending process for each, in microseconds.
 */
async function sendPayloads(
  { child }: Started,
  url: string,
  swarm: { count: number; authorization: (n: number) => string },
  change: () => void,
  seconds: number,
): Promise<{ perSecond: number; cpuUs: number }> {
  const cpu = () => readCpu({ it: child.pid }).it ?? Number.NaN;
  const sockets = await Swarm.open(socketUrl(url), { ...swarm, queries: () => [watch] });
  await sockets.until(swarm.count);
  // Sockets that joined late may get the first state twice.
  await sleep(500);
  const before = sockets.payloads;
  const cpuBefore = cpu();
  const began = performance.now();
  for (let rounds = 1; performance.now() - began < seconds * 1_000; rounds++) {
    change();
    await sockets.until(before + rounds * swarm.count);
  }
  const sent = sockets.payloads - before;
  const perSecond = (sent * 1_000) / (performance.now() - began);
  const cpuUs = ((cpu() - cpuBefore) * 1_000_000) / sent;
  await sockets.close();
  return { perSecond, cpuUs };
}

/** Measures the memory of an idle socket. */
async function idleSockets({ gateway, plain }: Pair, quick: boolean, report: Report): Promise<void> {
  const count = quick ? 200 : 5_000;
  const grown = async ({ child, url }: Started) => {
    await sleep(2_000);
    const memory = () => readMemory({ it: child.pid }).it ?? Number.NaN;
    const before = memory();
    const swarm = await Swarm.open(socketUrl(url), { count, authorization: (n) => `Bearer ${n}` });
    await sleep(2_000);
    const kib = ((memory() - before) * 1_024) / count;
    await swarm.close();
    return kib;
  };
  const ours = await grown({ ...gateway, url: `${gateway.url}/graphql` });
  const theirs = await grown(plain);
  report({
    bench: 'live',
    what: `${count.toLocaleString('en-US')} idle sockets`,
    backend: null,
    values: { 'KiB per socket': ours },
    yardsticks: [{ name: 'plain graphql-ws server, KiB per socket', value: theirs, ratio: ours / theirs }],
  });
}

/** Measures the time from sending `resolveTask` to the user's own balance on another connection, without other load. */
async function resolveToBalance(
  backend: BenchCompany['backend'],
  quick: boolean,
  report: Report,
): Promise<void> {
  const people = demoCompany.filter(({ role }) => role === 'EMPLOYEE' || role === 'ACCOUNTANT');
  const company = await openCompany(backend, people.length);
  try {
    const { system } = company;
    const tokens = await Promise.all(people.map(({ login }) => company.token(login)));
    const ids = await Promise.all(
      tokens.map(async (token) => (await ask<{ me: { id: string } }>(system, token, '{ me { id } }')).me.id),
    );
    const balances = people.map(() => 0);
    let onBalance = (_: number) => {};
    const sockets = await Swarm.open(socketUrl(system.graphqlUrl), {
      count: people.length,
      authorization: (n) => `Bearer ${tokens[n]}`,
      queries: () => ['subscription { balanceChanged { balance } }'],
      onPayload(payload, n) {
        balances[n] = Number((payload as Balance).data.balanceChanged.balance);
        onBalance(n);
      },
    });
    await sockets.until(people.length);
    const waited: number[] = [];
    for (let round = 0; round < (quick ? 5 : 200); round++) {
      const { createTask } = await ask<{ createTask: { id: string; assignee: { id: string } } }>(
        system,
        tokens[0] as string,
        'mutation { createTask(input: { title: "Show the balance" }) { id assignee { id } } }',
      );
      const who = ids.indexOf(createTask.assignee.id);
      // After this, the payload of its fee has come, and the next one is no longer held back.
      await sleep(250);
      const before = balances[who] as number;
      const told = new Promise<number>((resolve) => {
        onBalance = (n) => {
          if (n === who && (balances[n] as number) > before) resolve(performance.now());
        };
      });
      const began = performance.now();
      void ask(system, tokens[who] as string, 'mutation ($id: ID!) { resolveTask(id: $id) { id } }', {
        id: createTask.id,
      });
      waited.push((await told) - began);
    }
    await sockets.close();
    report({
      bench: 'live',
      what: 'resolveTask to the own balanceChanged, idle',
      backend,
      values: spread('payload', waited),
      peakMiB: readPeaks(nodeProcesses(system)),
    });
  } finally {
    await company.close();
  }
}

interface Balance {
  readonly data: { readonly balanceChanged: { readonly balance: string } };
}

/** Measures the same reassignment with no listeners, and with 200 listeners whose tasks it changes. */
async function reassignWhileWatched(
  company: BenchCompany,
  { tasks, quick }: { tasks: number; quick: boolean },
  report: Report,
): Promise<void> {
  const { system, databases, backend } = company;
  const watchers = quick ? 10 : 200;
  await fillOpenTasks(company, tasks);
  await untilQuiet(company);
  // The first reassignment also draws prices.
  await pressAndWait(company, { exactly: tasks });
  const alone = [
    await pressAndWait(company, { exactly: tasks }),
    await pressAndWait(company, { exactly: tasks }),
  ];
  const { rows: people } = await databases.auth.query<{ id: string; login: string }>(
    `select id, login from user_account where login like 'bench-%' order by login limit ${watchers}`,
  );
  const tokens: string[] = [];
  for (const { login } of people) {
    const query = 'mutation ($l: String!, $b: String!) { login(login: $l, beakShape: $b) { accessToken } }';
    const answer = await ask<{ login: { accessToken: string } }>(system, null, query, {
      l: login,
      b: 'short and measured',
    });
    tokens.push(answer.login.accessToken);
  }
  const balances = new Map<string, number>();
  let balancePayloads = 0;
  resetPeaks(nodeProcesses(system));
  const sockets = await Swarm.open(socketUrl(system.graphqlUrl), {
    count: people.length,
    authorization: (n) => `Bearer ${tokens[n]}`,
    queries: () => [
      'subscription { balanceChanged { balance } }',
      'subscription { myTasksChanged { kind task { id title } } }',
    ],
    onPayload(payload, n, query) {
      if (query !== 0) return;
      balancePayloads++;
      balances.set(people[n]?.id as string, Number((payload as Balance).data.balanceChanged.balance));
    },
  });
  await sockets.until(2 * people.length);
  const watched = [
    await pressAndWait(company, { exactly: tasks }),
    await pressAndWait(company, { exactly: tasks }),
  ];
  await sleep(2_000);
  const { rows: truth } = await databases.accounting.query<{ id: string; cents: string }>(
    'select id, balance_cents as cents from account where id = any($1)',
    [people.map(({ id }) => id)],
  );
  const wrong = truth.filter(({ id, cents }) => balances.get(id) !== Number(cents) / 100);
  if (wrong.length > 0)
    throw new Error(`${wrong.length} of ${truth.length} listeners were sent a wrong balance`);
  if (sockets.lost > 0) throw new Error(`${sockets.lost} sockets broke`);
  say(`${sockets.payloads} payloads came to ${people.length} sockets, ${balancePayloads} of them balances`);
  await sockets.close();
  const value = quantile(alone, 0);
  report({
    bench: 'live',
    what: `${tasks.toLocaleString('en-US')} tasks reassigned, ${people.length} people watch`,
    backend,
    values: { s: quantile(watched, 0) },
    yardsticks: [{ name: 'nobody watches, s', value, ratio: quantile(watched, 0) / value }],
    peakMiB: readPeaks(nodeProcesses(system)),
  });
}

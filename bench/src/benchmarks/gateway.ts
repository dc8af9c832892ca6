import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@apollo/composition';
import { heapArguments } from '@ates/system/superviseProcess';
import { parse } from 'graphql';
import { Agent, request } from 'undici';
import type { Benchmark } from '../context.ts';
import { quantile } from '../figures.ts';
import { fixedCount, type Operation } from '../load.ts';
import { readCpu, readPeaks, resetPeaks } from '../machine.ts';
import { say } from '../progress.ts';
import { shopQuery, shopSubgraphs } from '../yardsticks/shop.ts';
import { taskList } from './taskList.ts';

/** How many requests are under way at once. */
const connections = 16;

/** A gateway that runs in a process of its own. */
interface Running {
  readonly url: string;
  readonly process: ChildProcess;
}

interface Contender {
  readonly name: string;
  /** True where equal fetches of different requests share one answer. */
  readonly shares: boolean;
  start(shop: Shop): Promise<Running>;
}

/** The four subgraphs, composed. */
interface Shop {
  readonly directory: string;
  readonly supergraph: string;
  readonly url: string;
  readonly process: ChildProcess;
}

const moduleOf = (name: string) => fileURLToPath(import.meta.resolve(name));
const peers = fileURLToPath(new URL('../../peers/', import.meta.url));
const inPeers = (path: string) => join(peers, 'node_modules', path);

const apollo: Contender = {
  name: '@apollo/gateway 2.14.4, standalone server',
  shares: false,
  start: ({ supergraph }) => {
    const settings = { supergraph, urls: {}, secrets: {} };
    return forked(moduleOf('@ates/bench/yardsticks/apolloGateway'), [JSON.stringify(settings)], {
      APOLLO_TELEMETRY_DISABLED: 'true',
    });
  },
};

/** Our gateway, as `npm start` runs it. */
const ours = (shares: boolean): Contender => ({
  name: 'ours',
  shares,
  start: ({ supergraph, url }) =>
    forked(
      moduleOf('@ates/gateway/main'),
      [],
      {
        SUPERGRAPH: supergraph,
        PORT: '0',
        LOG_LEVEL: 'error',
        INTERNAL_SECRET: 'a secret of the benchmark',
        SHARE_QUERIES: String(shares),
        ...Object.fromEntries(
          shopSubgraphs.map(({ name }) => [`SUBGRAPH_URL_${name.toUpperCase()}`, `${url}/${name}`]),
        ),
      },
      heapArguments,
    ),
});

const others: readonly Contender[] = [
  ...[true, false].flatMap((shares) => [
    hive({ name: 'Hive Gateway 2.15.1, JIT', options: ['--jit'], shares }),
    hive({ name: 'Hive Gateway 2.15.1, Rust planner', options: ['--hive-router-runtime'], shares }),
  ]),
  { name: 'Grafbase CLI 0.103.0 (Rust)', shares: true, start: startGrafbase },
];

/**
 * Measures the published benchmark of federated gateways: one large query over four subgraphs that answer from memory.
 * The yardstick is `@apollo/gateway` as its documentation sets it up. With `--peers`, other gateways run too; they are
 * installed first, into `bench/peers`. Then a query of the exchange's own.
 */
export const gateway: Benchmark = async (context, report) => {
  const { quick, peers: withPeers } = context;
  if (withPeers && !existsSync(inPeers('.package-lock.json'))) {
    say('installing the other gateways into bench/peers …');
    // They run with Node 20, although some say that they want a newer one.
    execFileSync('npm', ['ci', '--ignore-scripts', '--engine-strict=false', '--no-audit', '--no-fund'], {
      cwd: peers,
      stdio: 'inherit',
    });
  }
  const shop = await openShop();
  try {
    let apolloCpu = Number.NaN;
    for (const contender of [apollo, ours(false), ours(true), ...(withPeers ? others : [])]) {
      const measured = await measure(contender, shop, quick);
      if (contender === apollo) apolloCpu = measured['cpu ms/request'];
      report({
        bench: 'gateway',
        what: `${contender.name}, ${contender.shares ? 'sharing fetches' : 'not sharing'}`,
        backend: null,
        values: measured,
        yardsticks: [
          {
            name: '@apollo/gateway, cpu ms/request',
            value: apolloCpu,
            ratio: measured['cpu ms/request'] / apolloCpu,
          },
        ],
      });
    }
  } finally {
    shop.process.kill();
    rmSync(shop.directory, { recursive: true, force: true });
  }
  await taskList(context, report);
};

async function measure({ name, start }: Contender, shop: Shop, quick: boolean) {
  const running = await start(shop);
  try {
    const operation: Operation = {
      url: running.url,
      headers: { accept: 'application/json' },
      body: () => body,
    };
    const body = JSON.stringify({ query: shopQuery });
    const bytes = await answerBytes(operation);
    say(`${name}: an answer has ${bytes} bytes`);
    const pids = { it: running.process.pid };
    await fixedCount(operation, { connections, count: quick ? 50 : 1_500 });
    await fetchesSince(shop);
    resetPeaks(pids);
    const count = quick ? 100 : 1_500;
    const before = readCpu(pids).it ?? Number.NaN;
    const { latenciesMs, seconds } = await fixedCount(operation, { connections, count });
    const cpu = (readCpu(pids).it ?? Number.NaN) - before;
    return {
      'requests/s': count / seconds,
      'p50 ms': quantile(latenciesMs, 0.5),
      'p95 ms': quantile(latenciesMs, 0.95),
      'cpu ms/request': (cpu * 1_000) / count,
      'fetches/request': (await fetchesSince(shop)) / count,
      'peak MiB': readPeaks(pids).it ?? Number.NaN,
    };
  } finally {
    running.process.kill('SIGKILL');
  }
}

/** Returns the length of an answer. @throws Error where it is not whole: a gateway that drops a part looks fast. */
async function answerBytes({ url, headers, body }: Operation): Promise<number> {
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body(),
  });
  const text = await response.body.text();
  const { data, errors } = JSON.parse(text) as {
    data?: {
      topProducts: { reviews: { author: { reviews: { product: { shippingEstimate: unknown } }[] } }[] }[];
    };
    errors?: unknown;
  };
  const deepest = data?.topProducts[0]?.reviews[0]?.author.reviews[0]?.product.shippingEstimate;
  if (errors || typeof deepest !== 'number')
    throw new Error(`the answer is not whole: ${text.slice(0, 500)}`);
  return Buffer.byteLength(text);
}

async function openShop(): Promise<Shop> {
  const child = fork(moduleOf('@ates/bench/yardsticks/shopSubgraphs'));
  const { url } = await messageOf<{ url: string }>(child);
  const directory = mkdtempSync(join(tmpdir(), 'exchange-bench-'));
  const supergraph = join(directory, 'supergraph.graphql');
  const composed = composeServices(
    shopSubgraphs.map(({ name, sdl }) => ({ name, url: `${url}/${name}`, typeDefs: parse(sdl) })),
  );
  if (!composed.supergraphSdl) throw new Error(composed.errors?.map(({ message }) => message).join('\n'));
  writeFileSync(supergraph, composed.supergraphSdl);
  return { directory, supergraph, url, process: child };
}

async function fetchesSince({ process: child }: Shop): Promise<number> {
  const answer = messageOf<{ requests: number }>(child);
  child.send('count');
  return (await answer).requests;
}

const messageOf = <Message>(child: ChildProcess) =>
  new Promise<Message>((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a process ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message as Message);
    });
  });

/** Starts a module that sends its URL by IPC. */
async function forked(
  module: string,
  args: string[],
  environment: Record<string, string>,
  nodeArguments: readonly string[] = [],
): Promise<Running> {
  const child = fork(module, args, {
    env: { ...process.env, NODE_ENV: 'production', ...environment },
    execArgv: [...process.execArgv, ...nodeArguments],
  });
  const message = await messageOf<{ url?: string; ready?: { url: string } }>(child);
  const url = message.url ?? `${message.ready?.url}/graphql`;
  return { url, process: child };
}

function hive({ name, options, shares }: { name: string; options: string[]; shares: boolean }): Contender {
  return {
    name,
    shares,
    async start({ directory, supergraph }) {
      const port = await freePort();
      const config = join(directory, `hive-${shares}.config.mjs`);
      const transport = { '*.http': { options: { deduplicateInflightRequests: shares } } };
      writeFileSync(
        config,
        `export const gatewayConfig = ${JSON.stringify({ pollingInterval: 0, transportEntries: transport })};\n`,
      );
      const child = spawn(
        process.execPath,
        [
          inPeers('@graphql-hive/gateway/dist/bin.js'),
          ...['supergraph', supergraph, '--host', '127.0.0.1', '--port', String(port), '-c', config],
          ...options,
        ],
        {
          cwd: directory,
          env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'error' },
          stdio: 'ignore',
        },
      );
      return answering(child, `http://127.0.0.1:${port}/graphql`);
    },
  };
}

async function startGrafbase({ directory, url }: Shop): Promise<Running> {
  const port = await freePort();
  const home = join(directory, 'grafbase');
  mkdirSync(home, { recursive: true });
  const subgraphs = shopSubgraphs.map(({ name, sdl }) => {
    writeFileSync(join(home, `${name}.graphql`), sdl);
    return `[subgraphs.${name}]\nurl = "${url}/${name}"\nschema_path = "${name}.graphql"\n`;
  });
  writeFileSync(join(home, 'grafbase.toml'), subgraphs.join('\n'));
  const child = spawn(
    inPeers('@grafbase/cli-x86_64-unknown-linux-musl/grafbase'),
    ['--home', home, 'dev', '-p', String(port)],
    { cwd: home, stdio: 'ignore' },
  );
  return answering(child, `http://127.0.0.1:${port}/graphql`);
}

/** Returns once a gateway answers the simplest query. */
async function answering(child: ChildProcess, url: string): Promise<Running> {
  const agent = new Agent({ connections: 1 });
  try {
    for (let tries = 0; tries < 300; tries++) {
      if (child.exitCode !== null) throw new Error(`a gateway ended with ${child.exitCode}`);
      const isThere = await request(url, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{__typename}"}',
      }).then(
        async ({ statusCode, body }) => {
          await body.dump();
          return statusCode === 200;
        },
        () => false,
      );
      if (isThere) return { url, process: child };
      await sleep(100);
    }
    throw new Error(`a gateway does not answer at ${url}`);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    await agent.close();
  }
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

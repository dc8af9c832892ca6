import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer, listen } from '@ates/kit/process/internalServer';
import { createLog, type Log } from '@ates/kit/process/log';
import { migrateAll } from './migrateAll.ts';
import { environmentOf, mailDirectory, modulesOf, type PartName, partNames } from './parts.ts';
import { databaseSecretOf, internalSecretOf, pairSecret } from './secrets.ts';
import { recallSeed, rememberSeed } from './seedMemory.ts';
import { readSystemSettings, type SystemSettings } from './settings.ts';
import { makeDirectory } from './stores/directoryClaim.ts';
import { type DatabaseService, databaseServices, type ServiceDatabase } from './stores/provision.ts';
import { isEmbedded, type OwnStore, openStores, type QueueLocation, type Stores } from './stores.ts';
import { type SupervisedProcess, superviseProcess } from './superviseProcess.ts';

export interface StartOptions {
  /** The directory for all lasting data; `DATA_DIR` by default. */
  readonly dataDir?: string;
  /** The public port; 0 takes a free one. `PORT` by default. */
  readonly port?: number;
  /** Settings that are added to this process's environment; undefined removes one. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The supervisor's own log. By default nothing is logged. */
  readonly log?: Log;
  /** Gets each line that a part's process writes. */
  readonly onLine?: (part: PartName, line: string) => void;
  /** The processes to start; all of them by default. */
  readonly parts?: readonly PartName[];
  /** True by default. False is faster, but a crash of the machine may lose the data: for tests. */
  readonly durable?: boolean;
  /** True where an embedded PostgreSQL records what every statement costs in the view `pg_stat_statements`. */
  readonly statementStatistics?: boolean;
  /** The folder of the web app, once it is built. Without it the gateway shows a general page. */
  readonly appDir?: Promise<string | undefined>;
  /** Aborts the start. */
  readonly signal?: AbortSignal;
}

/** A log-in of the company that was just made, or of the demo company. */
export interface LogIn {
  readonly login: string;
  readonly beakShape: string;
  readonly role: string;
}

export interface RunningSystem {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly graphqlUrl: string;
  readonly settings: SystemSettings;
  readonly queueBackend: QueueLocation['backend'];
  /** The URL of the Redis, or of the PostgreSQL database, that holds the queues. */
  readonly queueUrl: string;
  readonly databases: Readonly<Record<DatabaseService, ServiceDatabase>>;
  /** The superuser's URL of an embedded PostgreSQL. */
  readonly superuserUrl: string | undefined;
  /** The subgraphs' URLs by name, such as `http://127.0.0.1:41234`. */
  readonly subgraphUrls: ReadonlyMap<string, string>;
  /** The secrets by which the subgraphs recognise the gateway, by the subgraph's name. */
  readonly subgraphSecrets: ReadonlyMap<string, string>;
  /** The folder that mail is written to, unless `SMTP_URL` is set. */
  readonly mailDir: string;
  /** The demo company's log-ins at every start; a first admin's at the start that made it; else empty. */
  readonly logIns: readonly LogIn[];
  /** The ids of the processes and own stores that run now. A process that is started again has another id. */
  readonly pids: Readonly<Partial<Record<PartName | OwnStore['name'], number>>>;
  /** Sends a signal. A process that ends by it is started again; where an own store ends, the whole system stops. */
  kill(name: PartName | OwnStore['name'], signal: NodeJS.Signals): void;
  /** Stops a process cleanly and starts it again, with the code as it is then. */
  restart(name: PartName): void;
  /** Stops everything cleanly, within 5 s. */
  stop(): Promise<void>;
  /** Kills everything at once. */
  stopAtOnce(): void;
  /** Resolves once everything has ended: with undefined after `stop`, with a sentence where an own store ended. */
  readonly ended: Promise<string | undefined>;
}

/** How long the other processes wait for the gateway to stop first, in milliseconds. */
const gatewayFirstMs = 1_500;
/** When processes that still run are killed, and then own stores, in milliseconds after the stop began. */
const killPartsMs = 3_800;
const killStoresMs = 4_500;
/** When a stop is over in any case, in milliseconds after it began. */
const goOnMs = 4_700;
/** How long the gateway may take to reach every subgraph, in milliseconds. */
const gatewayReadyMs = 15_000;

/**
 * Starts the whole system and keeps it running: stores, auth, the other subgraphs, workers and gateway. It ends
 * when this process does.
 * @throws SettingError with one sentence where a setting is wrong or a process can't start; nothing is left running.
 */
export async function startSystem(options: StartOptions = {}): Promise<RunningSystem> {
  const environment = {
    ...process.env,
    ...options.environment,
    ...(options.dataDir === undefined ? {} : { DATA_DIR: options.dataDir }),
    ...(options.port === undefined ? {} : { PORT: String(options.port) }),
  };
  const { signal } = options;
  const log = options.log ?? createLog('system', 'silent');
  const settings = readSystemSettings(environment);
  makeDirectory(settings.DATA_DIR);
  await assertPortIsFree(settings);
  const databaseSecret = settings.serviceDatabases ? undefined : databaseSecretOf(settings, log);
  const internalSecret = internalSecretOf(settings);

  const processes = new Map<PartName, SupervisedProcess>();
  for (const name of partNames.filter((part) => options.parts?.includes(part) ?? true)) {
    const onLine = (line: string) => options.onLine?.(name, line);
    processes.set(name, superviseProcess({ name, ...modulesOf(name), log, onLine }));
  }
  const opening = openStores({
    settings,
    databaseSecret,
    environment,
    durable: options.durable ?? true,
    statementStatistics: options.statementStatistics ?? false,
    log,
  });
  const shutdown = createShutdown(processes, opening);
  const interrupted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason));
    if (signal?.aborted) reject(signal.reason);
    void opening.then(
      (stores) => shutdown.watch(stores.own).then((sentence) => reject(new Error(sentence))),
      reject,
    );
  });
  interrupted.catch(() => {});

  const start = async (): Promise<RunningSystem> => {
    const stores = await opening;
    for (const { name } of stores.own) log.info(`ready: ${name}`);
    const services = databaseServices.filter((service) => processes.has(service));
    await migrateAll(stores.databases, log, services);

    const embedded = isEmbedded(settings);
    const seed = settings.SEED ?? (embedded ? 'demo' : 'none');
    if (embedded && recallSeed(settings.DATA_DIR) === undefined) rememberSeed(settings.DATA_DIR, seed);
    const urls = new Map<PartName, string>();
    const startPart = async (name: PartName) => {
      const appDir = name === 'gateway' ? await options.appDir : undefined;
      const context = { settings, environment, internalSecret, stores, seed, urls, appDir } as const;
      const info = await processes.get(name)?.start(environmentOf(name, context));
      if (typeof info?.url === 'string') urls.set(name, info.url);
      if (info) log.info(`ready: ${name}${name === 'gateway' ? ` at ${info.url}` : ''}`);
      return info;
    };
    const auth = await startPart('auth');
    const seeded = (auth?.seeded as readonly LogIn[] | null | undefined) ?? undefined;
    if (seeded) rememberSeed(settings.DATA_DIR, seed);
    await Promise.all((['tracker', 'accounting', 'analytics'] as const).map(startPart));
    await Promise.all((['workers', 'gateway'] as const).map(startPart));
    const url = urls.get('gateway') ?? '';
    if (processes.has('gateway')) await gatewayIsReady(url, log);
    return {
      url,
      graphqlUrl: `${url}/graphql`,
      settings,
      queueBackend: stores.queue.backend,
      queueUrl: stores.queue.url,
      databases: stores.databases,
      superuserUrl: stores.superuserUrl,
      subgraphUrls: new Map([...urls].filter(([name]) => name !== 'gateway')),
      subgraphSecrets: new Map(
        databaseServices.map((service) => [service, pairSecret(internalSecret, service)]),
      ),
      mailDir: mailDirectory(settings),
      logIns: seeded ?? (await demoLogIns(settings)),
      get pids() {
        return Object.fromEntries(
          [...processes.values(), ...stores.own].flatMap(({ name, pid }) => (pid ? [[name, pid]] : [])),
        );
      },
      kill(name, killSignal) {
        const store = stores.own.find((own) => own.name === name);
        if (store) process.kill(store.pid, killSignal);
        else processes.get(name as PartName)?.kill(killSignal);
      },
      restart: (name) => processes.get(name)?.restart(),
      stop: () => shutdown.stop(),
      stopAtOnce: () => shutdown.atOnce(),
      ended: shutdown.ended,
    };
  };
  try {
    return await Promise.race([start(), interrupted]);
  } catch (error) {
    await shutdown.stop();
    throw error;
  }
}

/** Refuses a public port that is taken, before anything is started: the gateway itself starts last. */
async function assertPortIsFree({ PORT, HOST }: SystemSettings): Promise<void> {
  const server = createServer();
  await listen(server, PORT, HOST);
  await closeServer(server, 0);
}

async function demoLogIns({ DATA_DIR }: SystemSettings): Promise<readonly LogIn[]> {
  if (recallSeed(DATA_DIR) !== 'demo') return [];
  const { demoCompany } = await import('@ates/auth/usecases/seedCompany');
  return demoCompany.map(({ login, beakShape, role }) => ({ login, beakShape, role }));
}

/** Resolves once the gateway has reached every subgraph, or with a warning where the time is over. */
async function gatewayIsReady(url: string, log: Log): Promise<void> {
  const deadline = Date.now() + gatewayReadyMs;
  let why = '';
  while (Date.now() < deadline) {
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      why = (await response.text()).trim();
      if (response.ok) return;
    } catch (error) {
      why = (error as Error).message;
    }
    await sleep(25);
  }
  log.warn(`the gateway is not ready after ${gatewayReadyMs / 1000} s: ${why}`);
}

/** Stops the system always in the same order, whatever the cause: the gateway, the other processes, the stores. */
function createShutdown(processes: ReadonlyMap<PartName, SupervisedProcess>, opening: Promise<Stores>) {
  let own: readonly OwnStore[] = [];
  let stopping: Promise<void> | undefined;
  let problem: string | undefined;
  let resolveEnded: (problem: string | undefined) => void;
  const ended = new Promise<string | undefined>((resolve) => {
    resolveEnded = resolve;
  });
  const killParts = () => {
    for (const part of processes.values()) part.kill('SIGKILL');
  };
  const killStores = () => {
    for (const { name, pid } of own) {
      try {
        // PostgreSQL's immediate shutdown ends its sessions too; the next start recovers.
        process.kill(pid, name === 'postgresql' ? 'SIGQUIT' : 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  };
  const run = async () => {
    const late = [setTimeout(killParts, killPartsMs), setTimeout(killStores, killStoresMs)];
    const goOn = sleep(goOnMs, undefined, { ref: false });
    const gateway = processes.get('gateway')?.stop();
    await Promise.race([gateway, sleep(gatewayFirstMs, undefined, { ref: false })]);
    await Promise.all([...processes.values()].map((part) => part.stop()));
    // A store that has not ended by then ends with this process: each has a watchdog.
    const stores = opening.then(
      (opened) => opened.stop(),
      () => {},
    );
    await Promise.race([stores, goOn]);
    for (const timer of late) clearTimeout(timer);
    resolveEnded(problem);
  };
  const stop = (why?: string) => {
    problem ??= stopping ? undefined : why;
    stopping ??= run();
    return stopping;
  };
  return {
    ended,
    stop,
    atOnce() {
      killParts();
      killStores();
    },
    /** Stops everything when an own store has ended by itself, and resolves with a sentence. */
    watch(stores: readonly OwnStore[]): Promise<string> {
      own = stores;
      return new Promise((resolve) => {
        for (const { name, exited } of stores) {
          void exited.then((how) => {
            if (stopping) return;
            const sentence = `The embedded ${name} ended by itself (${how}), so everything is stopped: start again, and unfinished work goes on.`;
            void stop(sentence);
            resolve(sentence);
          });
        }
      });
    },
  };
}

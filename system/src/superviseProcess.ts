import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Log } from '@ates/kit/process/log';
import { SettingError } from '@ates/kit/process/settings';

/** What a part reports once it is ready, such as `url` and `internalPort`. */
export type PartInfo = Readonly<Record<string, unknown>>;

/** A process that is kept running until it is stopped. */
export interface SupervisedProcess {
  readonly name: string;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
  /**
   * Starts the process's work with exactly this environment. Its code has been loading since it was launched.
   * @returns what the process reports when it is ready for the first time.
   * @throws SettingError with the process's own sentence where it ends before that.
   */
  start(environment: Readonly<Record<string, string>>): Promise<PartInfo>;
  kill(signal: NodeJS.Signals): void;
  /** Stops the process cleanly and starts it again at once, with the code as it is then. */
  restart(): void;
  /** Asks the process to end and does not start it again. Resolves once it has ended. */
  stop(): Promise<void>;
}

export interface SuperviseOptions {
  readonly name: string;
  /** The part's main module, and the modules that take long to load. */
  readonly main: URL;
  readonly warmUp: readonly URL[];
  readonly log: Log;
  /** Gets each line the process writes. */
  readonly onLine: (line: string) => void;
}

/** The delay before an ended process is started again, in milliseconds: it doubles each time, up to the most. */
const firstDelayMs = 500;
const mostDelayMs = 10_000;
/** A process that ran for at least this long, in milliseconds, had started well: the delay is the first one again. */
const ranWellMs = 30_000;

/** The environment variables that every process needs. */
const common = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'TZ',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'MALLOC_ARENA_MAX',
];

/**
 * Node frees memory late, the later the larger the machine. With a heap of at most 1 GiB, far more than any process
 * needs, the workers stay at 180 MiB instead of 275 and the gateway at 175 instead of 256, and both are as fast.
 * That leaves room for a larger young generation, into which a batch of a reassignment (some MB of strings) fits. With
 * 32 MB, a reassignment is a tenth faster than with 8, and the workers take 240 MiB. *Instead:* 64 MB is not faster,
 * and takes 300 MiB.
 */
export const heapArguments = ['--max-old-space-size=1024', '--max-semi-space-size=32'];

const isSource = import.meta.url.endsWith('.ts');
const nodeArguments = isSource
  ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href, '--conditions=source']
  : [];
const firstModule = fileURLToPath(new URL(`./partProcess.${isSource ? 'ts' : 'js'}`, import.meta.url));

/**
 * Launches a process that loads its code and then waits for `start`. After `start`, the process is launched again
 * whenever it ends by itself. It has a session of its own, so that a terminal's Ctrl-C reaches only this process. It
 * stops when its channel to this process closes, in whatever way this process ends.
 */
export function superviseProcess(options: SuperviseOptions): SupervisedProcess {
  const { name, log } = options;
  let environment: Record<string, string> | undefined;
  let stopping = false;
  let wasReady = false;
  let restarting = false;
  let delayMs = firstDelayMs;
  let timer: NodeJS.Timeout | undefined;
  let current: { child: ChildProcess; closed: Promise<void> } | undefined;
  let resolveReady: (info: PartInfo) => void;
  let rejectReady: (error: Error) => void;
  const ready = new Promise<PartInfo>((resolve, reject) => {
    resolveReady = resolve;
    rejectReady = reject;
  });
  // The caller of `start` gets the rejection. Without a caller, it must not count as unhandled.
  ready.catch(() => {});

  const launch = () => {
    const env: Record<string, string | undefined> = Object.fromEntries(
      common.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])),
    );
    // glibc gives each thread an arena and seldom returns memory from it. Two arenas are enough, and save 20 MB.
    env.MALLOC_ARENA_MAX ??= '2';
    const child = spawn(
      process.execPath,
      [
        ...heapArguments,
        ...nodeArguments,
        firstModule,
        options.main.href,
        ...options.warmUp.map(({ href }) => href),
      ],
      { env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    const began = Date.now();
    let isReady = false;
    const lastWords: string[] = [];
    createInterface({ input: child.stdout! }).on('line', options.onLine);
    createInterface({ input: child.stderr! }).on('line', (line) => {
      // Before the process is ready, this may be the sentence it ends with, which is then shown as the reason.
      if (isReady) options.onLine(line);
      else lastWords.push(line);
    });
    child.on('message', (message: { ready?: PartInfo }) => {
      if (message.ready === undefined) return;
      isReady = true;
      for (const line of lastWords.splice(0)) options.onLine(line);
      const { url } = message.ready;
      // The other parts know this address, so the process keeps it when it is started again.
      if (environment && typeof url === 'string') environment.PORT = new URL(url).port;
      if (wasReady) log.info(`ready again: ${name}`);
      wasReady = true;
      resolveReady(message.ready);
    });
    child.on('error', (error) => log.error(`${name}: ${error.message}`));
    const closed = new Promise<void>((resolve) => {
      child.once('close', (code, signal) => {
        if (current?.child === child) current = undefined;
        resolve();
        const how = signal ?? `exit code ${code}`;
        if (stopping || environment === undefined) return;
        if (restarting) {
          restarting = false;
          launch();
          return;
        }
        // One line is a sentence; more lines are the trace of a crash.
        const sentence = lastWords.length === 1 ? lastWords[0] : undefined;
        if (sentence === undefined) for (const line of lastWords) options.onLine(line);
        if (!wasReady && signal === null) {
          rejectReady(new SettingError(sentence ?? `The ${name} process could not start (${how}).`));
          return;
        }
        if (Date.now() - began > ranWellMs) delayMs = firstDelayMs;
        const why = sentence === undefined ? how : `${how}: ${sentence}`;
        log.warn(`unexpected end of ${name} (${why}): it is started again in ${delayMs / 1000} s`);
        timer = setTimeout(launch, delayMs);
        delayMs = Math.min(delayMs * 2, mostDelayMs);
      });
    });
    current = { child, closed };
    if (environment !== undefined) send(child, environment);
  };
  // A process that has just ended receives no message. The handler of `close` deals with its end.
  const send = (child: ChildProcess, message: Record<string, string>) =>
    void (child.connected && child.send(message, () => {}));

  launch();
  return {
    name,
    get pid() {
      return current?.child.pid;
    },
    start(given) {
      if (stopping) {
        rejectReady(new Error(`${name} is stopped`));
        return ready;
      }
      environment = { ...given };
      if (current === undefined) launch();
      else send(current.child, environment);
      return ready;
    },
    kill: (signal) => void current?.child.kill(signal),
    restart() {
      if (stopping || environment === undefined) return;
      delayMs = firstDelayMs;
      if (current) {
        restarting = true;
        current.child.kill('SIGTERM');
      } else {
        clearTimeout(timer);
        launch();
      }
    },
    async stop() {
      stopping = true;
      clearTimeout(timer);
      current?.child.kill('SIGTERM');
      await current?.closed;
    },
  };
}

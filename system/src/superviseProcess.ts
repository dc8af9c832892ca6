import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Log } from '@ates/kit/process/log';
import { SettingError } from '@ates/kit/process/settings';

/** What a part says of itself once it is ready, such as `url` and `internalPort`. */
export type PartInfo = Readonly<Record<string, unknown>>;

/** A process that is kept running until it is stopped. */
export interface SupervisedProcess {
  readonly name: string;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
  /**
   * Lets the process, whose code is loading since it was made, do its work with this environment and no other.
   * @returns what it says of itself when it is ready for the first time.
   * @throws SettingError with its own sentence where it ends before that.
   */
  start(environment: Readonly<Record<string, string>>): Promise<PartInfo>;
  kill(signal: NodeJS.Signals): void;
  /** Lets it end in order and starts it again at once, with the code that is there by then. */
  restart(): void;
  /** Asks it to end, and doesn't start it again. Resolves once it has ended. */
  stop(): Promise<void>;
}

export interface SuperviseOptions {
  readonly name: string;
  /** The module that is the part's main function, and modules that it takes long to load. */
  readonly main: URL;
  readonly warmUp: readonly URL[];
  readonly log: Log;
  /** Gets each line the process writes. */
  readonly onLine: (line: string) => void;
}

/** How long after its end a process is started again, in milliseconds: doubled each time, up to the most. */
const firstDelayMs = 500;
const mostDelayMs = 10_000;
/** A process that ran for so long, in milliseconds, had started well: the delay begins anew. */
const ranWellMs = 30_000;

/** What every process needs to run at all, whatever it does. */
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
 * Node takes its time with garbage, the more the larger the machine. With a heap of at most 1 GiB, far more than any
 * process needs, the workers stay at 180 MiB instead of 275 and the gateway at 175 instead of 256, as fast as before.
 * That leaves room for a young generation that a batch of a reassignment, some MB of strings, fits into: with 32 MB
 * (240 MiB) a reassignment is a tenth quicker than with 8; with 64 it is not, and takes 300.
 */
const heapArguments = ['--max-old-space-size=1024', '--max-semi-space-size=32'];

const isSource = import.meta.url.endsWith('.ts');
const nodeArguments = isSource
  ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href, '--conditions=source']
  : [];
const firstModule = fileURLToPath(new URL(`./partProcess.${isSource ? 'ts' : 'js'}`, import.meta.url));

/**
 * Starts a process that loads its code and waits, keeps it running once it is told to start, and starts it again
 * when it ends by itself. It leads a session of its own, so that a terminal's Ctrl-C reaches only this process; and
 * it stops when the channel to this process closes, in whatever way this one ends.
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
  // Whoever started it hears of it; where it never was, nobody needs to.
  ready.catch(() => {});

  const launch = () => {
    const env: Record<string, string | undefined> = Object.fromEntries(
      common.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])),
    );
    // glibc gives each thread an arena of its own and seldom gives memory back from one: two are enough, and 20 MB less.
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
      // Before it is ready, this may be the sentence it ends with, which is shown as the reason then.
      if (isReady) options.onLine(line);
      else lastWords.push(line);
    });
    child.on('message', (message: { ready?: PartInfo }) => {
      if (message.ready === undefined) return;
      isReady = true;
      for (const line of lastWords.splice(0)) options.onLine(line);
      const { url } = message.ready;
      // The others know it by this address: started again, it keeps it.
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
        // One line is a sentence; more is the trace of a crash.
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
  // A process that has just ended takes no message; its end is dealt with where it is reported.
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

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@ates/kit/process/log';
import { identityOf, isRunning, pidOf } from './processIdentity.ts';

/** A program that ends when this process ends, even by SIGKILL. */
export interface GuardedProcess {
  readonly pid: number;
  /** Resolves once the program has ended, with how it ended: `exit code 1`, `SIGKILL`. Never rejects. */
  readonly exited: Promise<string>;
  /** How it ended; undefined as long as it runs. */
  readonly ended: () => string | undefined;
  /** Returns the last lines the program wrote. Once it has ended, they are complete. */
  readonly output: () => Promise<string>;
  /** Lets this process end while the program runs (and the program ends with it). */
  unref(): void;
  /** Stops the program cleanly; forces its end where that takes longer than 10 s. */
  stop(): Promise<void>;
}

/** The signal that asks a program to end, and the one that forces it to. */
export interface StopSignals {
  readonly orderly: 'SIGINT' | 'SIGTERM';
  readonly atOnce: 'SIGQUIT' | 'SIGKILL';
}

export interface GuardedProgram {
  /** For the log. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** The account it runs under; this process's own where undefined. */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  /** What it reads from its standard input. */
  readonly input?: string;
  readonly signals: StopSignals;
  /** Where to leave a note of the program's identity, for `stopLeftover`. */
  readonly noteIn?: string;
  readonly log: Log;
}

/** How long an orderly end may take, in milliseconds. */
const orderlyMs = 10_000;
/** How long the second signal may take before SIGKILL, in milliseconds; PostgreSQL takes up to 5 s itself. */
const atOnceMs = 6_000;

/**
 * Waits until its standard input ends, which happens when this process ends in any way. Then it stops the program:
 * cleanly, and by force after 10 s. It polls the process id, so it ends as soon as the id is gone.
 */
const watchdogScript = `read _
kill -s "$2" "$1" 2>/dev/null || exit 0
i=0
while kill -0 "$1" 2>/dev/null; do
  sleep 0.1
  i=$((i + 1))
  [ $i -eq 100 ] && kill -s "$3" "$1" 2>/dev/null
  [ $i -ge 200 ] && exit 0
done`;

/**
 * Starts a program with a watchdog beside it. Both are in sessions of their own, so that a terminal's Ctrl-C reaches
 * only this process. This process stops the program when the program's users have ended.
 * @throws where the program can't be started at all.
 */
export async function spawnGuarded(program: GuardedProgram): Promise<GuardedProcess> {
  const { name, signals, log } = program;
  const common = { cwd: program.cwd, env: program.env, detached: true, ...program.account };
  const child = spawn(program.command, program.args, { ...common, stdio: 'pipe' });
  let ended: string | undefined;
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) =>
      resolve(`error ${(error as NodeJS.ErrnoException).code ?? error.message}`),
    );
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).then((how) => {
    ended = how;
    return how;
  });
  if (child.pid === undefined) throw new Error(`${program.command} cannot be started (${await exited})`);
  const { pid } = child;
  const dog = watch(child, program, () => ended === undefined, common);
  const note = program.noteIn && leaveNote(program.noteIn, pid);
  void exited.then(() => {
    dog.end();
    if (note) rmSync(note, { force: true });
  });

  // A program that ends before it has read its input is reported by `exited`, not here.
  child.stdin.on('error', () => {});
  child.stdin.end(program.input ?? '');
  let lastLines = '';
  const streams = [child.stdout, child.stderr].map((stream) => {
    const lines = createInterface({ input: stream }).on('line', (line) => {
      lastLines = `${lastLines}${line}\n`.slice(-8_000);
      log.debug(`${name}: ${line}`);
    });
    return once(lines, 'close');
  });
  const output = async () => {
    // A grandchild may hold the pipe open, so the wait is bounded.
    if (ended !== undefined) await endsWithin(Promise.all(streams), 500);
    return lastLines.trim();
  };

  const stop = async () => {
    child.ref();
    child.kill(signals.orderly);
    if (await endsWithin(exited, orderlyMs)) return;
    log.warn(`${name} did not stop within ${orderlyMs} ms and is forced to end`);
    child.kill(signals.atOnce);
    if (await endsWithin(exited, atOnceMs)) return;
    child.kill('SIGKILL');
    await exited;
  };
  let stopping: Promise<void> | undefined;
  return {
    pid,
    exited,
    ended: () => ended,
    output,
    unref() {
      child.unref();
      for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Unrefable).unref?.();
      dog.unref();
    },
    stop: () => {
      stopping ??= ended === undefined ? stop() : Promise.resolve();
      return stopping;
    },
  };
}

/** Pipes to a child are sockets, but their type does not say so. */
interface Unrefable {
  unref?: () => void;
}

/** Keeps a watchdog beside a child, and soon starts another where the watchdog is killed. */
function watch(
  child: ChildProcess,
  program: GuardedProgram,
  needed: () => boolean,
  common: { cwd: string; env: Record<string, string>; detached: boolean },
): { end(): void; unref(): void } {
  const bare = (signal: string) => signal.slice(3);
  const { orderly, atOnce } = program.signals;
  let dog: ChildProcess;
  let referenced = true;
  const unref = () => {
    referenced = false;
    dog.unref();
    (dog.stdin as Unrefable | null)?.unref?.();
  };
  const release = () => {
    dog = spawn(
      '/bin/sh',
      ['-c', watchdogScript, `${program.name}-watchdog`, String(child.pid), bare(orderly), bare(atOnce)],
      { ...common, stdio: ['pipe', 'ignore', 'ignore'] },
    );
    dog.stdin?.on('error', () => {});
    dog.once('error', (error) =>
      program.log.warn(`${program.name} runs without a watchdog: ${error.message}`),
    );
    dog.once('exit', () => {
      if (needed()) setTimeout(() => needed() && release(), 100).unref();
    });
    if (!referenced) unref();
  };
  release();
  // SIGKILL leaves it no time to act on the end of its input: the child's id may be another process's by now.
  return { end: () => void dog.kill('SIGKILL'), unref: () => unref() };
}

const endsWithin = async (exited: Promise<unknown>, ms: number): Promise<boolean> => {
  const cancel = new AbortController();
  const late = sleep(ms, 'late', { signal: cancel.signal }).catch(() => 'late');
  const first = await Promise.race([exited.then(() => 'ended'), late]);
  cancel.abort();
  return first === 'ended';
};

function leaveNote(directory: string, pid: number): string | undefined {
  const identity = identityOf(pid);
  if (identity === undefined) return undefined;
  const path = join(directory, `server-${identity}`);
  writeFileSync(path, '', { mode: 0o600 });
  return path;
}

/**
 * Ends the programs that an earlier process left running in a directory: its watchdog may have been killed too, or may
 * still be ending them. The caller holds the directory's claim, so no running process owns the programs that the notes
 * name. A note also holds the start time, so another process that has got the same id is left alone.
 * @returns true where a program was ended.
 */
export async function stopLeftover(directory: string, signals: StopSignals, log: Log): Promise<boolean> {
  let found = false;
  for (const name of readdirSync(directory)) {
    const identity = /^server-(.+)$/.exec(name)?.[1];
    const pid = identity === undefined ? undefined : pidOf(identity);
    if (identity === undefined || pid === undefined) continue;
    const steps = [
      [signals.orderly, orderlyMs],
      [signals.atOnce, atOnceMs],
      ['SIGKILL', atOnceMs],
    ] as const;
    for (const [signal, ms] of steps) {
      if (!isRunning(identity)) break;
      found = true;
      log.info(`ending process ${pid}, which an earlier start left in ${directory} (${signal})`);
      process.kill(pid, signal);
      for (const deadline = Date.now() + ms; isRunning(identity) && Date.now() < deadline; ) await sleep(20);
    }
    if (isRunning(identity)) throw new Error(`process ${pid} in ${directory} does not end`);
    rmSync(join(directory, name), { force: true });
  }
  return found;
}

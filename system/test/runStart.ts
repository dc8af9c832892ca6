import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Account } from '../src/stores/account.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A running `npm start`. */
export interface Started {
  readonly npm: ChildProcess;
  readonly url: string;
  /** The processes that it started, without npm: the supervisor first. */
  readonly pids: readonly number[];
  /** The stores' watchdogs. They end after their stores are reaped, which takes seconds on some systems. */
  readonly watchdogs: readonly number[];
  readonly output: () => string;
}

/** Runs `npm start` with these settings only, by default from this tree and under this account. */
export function runStart(
  settings: Record<string, string>,
  {
    tree = root,
    account,
    script = 'start',
  }: { tree?: string; account?: Account | undefined; script?: 'start' | 'dev' } = {},
) {
  const npm = spawn('npm', ['run', script, '--silent'], {
    cwd: tree,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A new process group, as in a terminal.
    detached: true,
    ...account,
  });
  onTestFinished(async () => {
    if (npm.exitCode !== null || npm.signalCode !== null) return;
    npm.kill('SIGTERM');
    await once(npm, 'exit');
  });
  let output = '';
  const errors: string[] = [];
  let onStoreReady: () => void;
  const storeIsReady = new Promise<void>((resolve) => {
    onStoreReady = resolve;
  });
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: npm.stdout }).on('line', (line) => {
      output += `${line}\n`;
      if (/ready: (postgresql|redis)/.test(line)) onStoreReady();
      const url = / GraphQL +(http\S+)\/graphql/.exec(line)?.[1];
      if (url) resolve(url);
    });
    createInterface({ input: npm.stderr }).on('line', (line) => {
      output += `${line}\n`;
      errors.push(line);
    });
    npm.once('close', () => reject(new Error(`npm start ended:\n${output}`)));
  });
  ready.catch(() => {});
  return {
    npm,
    /** Returns its output so far. */
    output: () => output,
    /** Returns the ids of all its processes. */
    pids: () => descendantsOf(npm.pid!, () => true),
    /** Resolves when its first store is ready. */
    begun: () => storeIsReady,
    /** Resolves when it has printed its address. */
    async started(): Promise<Started> {
      const url = await ready;
      return {
        npm,
        url,
        pids: descendantsOf(npm.pid!, (command) => !isWatchdog(command)),
        watchdogs: descendantsOf(npm.pid!, isWatchdog),
        output: () => output,
      };
    },
    /** Waits for its end. Returns the exit code and the lines on standard error. */
    async refused(): Promise<{ code: number | null; errors: readonly string[] }> {
      const [code] = await once(npm, 'close');
      return { code, errors };
    },
  };
}

function descendantsOf(ancestor: number, isWanted: (command: string) => boolean): number[] {
  const table = execFileSync('ps', ['-axo', 'pid=,ppid=,comm='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, ...command] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), command: command.join(' ') };
    });
  const found = [{ pid: ancestor, command: '' }];
  for (const { pid } of found) found.push(...table.filter(({ parent }) => parent === pid));
  return found
    .slice(1)
    .filter(({ command }) => isWanted(command))
    .map(({ pid }) => pid);
}

const isWatchdog = (command: string) => /(^|\/)sh$/.test(command);

/** Sends one GraphQL request. Throws the errors of the answer. */
export async function ask(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  token?: string,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Repeats an attempt until it succeeds. After `limitMs` it throws the last error. */
export async function eventually<Result>(limitMs: number, attempt: () => Promise<Result>): Promise<Result> {
  for (const deadline = Date.now() + limitMs; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

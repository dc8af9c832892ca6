import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Account } from '../src/stores/account.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** `npm start`, running. */
export interface Started {
  readonly npm: ChildProcess;
  readonly url: string;
  /** Of everything it started, npm itself left out: the supervisor first. */
  readonly pids: readonly number[];
  /** Of the stores' watchdogs, which end after what they watch was reaped; some systems take seconds to do that. */
  readonly watchdogs: readonly number[];
  readonly output: () => string;
}

/** Runs `npm start` with these settings and no others; from this tree and under this account unless others are given. */
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
    // A process group of its own, as in a terminal.
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
    /** What it has said so far. */
    output: () => output,
    /** Everything it runs now. */
    pids: () => descendantsOf(npm.pid!, () => true),
    /** Once its first store is ready. */
    begun: () => storeIsReady,
    /** Once it has printed where it is. */
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
    /** How it ended, and what it said on standard error. */
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

/** One GraphQL request; throws what the server refused it with. */
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

/** Repeats until it doesn't throw, or until its last error after so many milliseconds. */
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

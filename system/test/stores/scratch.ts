import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLog } from '@ates/kit/process/log';
import { onTestFinished } from 'vitest';
import { type Account, mayReach } from '../../src/stores/account.ts';

export const log = createLog('test', 'silent');

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const isRoot = process.getuid?.() === 0;

/** An account without rights; undefined where this process may not use it or it cannot read the code. */
export const nobody: Account | undefined = (() => {
  const fields = readFileSync('/etc/passwd', 'utf8').match(/^nobody:[^:]*:(\d+):(\d+):/m);
  const account = { uid: Number(fields?.[1]), gid: Number(fields?.[2]) };
  return isRoot && account.uid > 0 && mayReach(join(root, 'system'), account) ? account : undefined;
})();

const directories: string[] = [];
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Makes a directory that is removed when this process ends. Other accounts may pass through it unless `closed`. */
export function scratch(closed = false): string {
  const directory = mkdtempSync(join(tmpdir(), 'stores-test-'));
  chmodSync(directory, closed ? 0o700 : 0o711);
  directories.push(directory);
  return directory;
}

/** Stops something when the test is over, whatever its outcome. */
export function stopsAfterwards<Stoppable extends { stop(): Promise<unknown> }>(
  running: Stoppable,
): Stoppable {
  onTestFinished(() => running.stop().then(() => undefined));
  return running;
}

/** The line that `holdStore.ts` prints: the server that it has started, or the error. */
export interface Held {
  readonly pid: number;
  readonly url: string;
  readonly error?: string;
}

/** Starts another process that starts a server and holds it until it is killed. */
export async function holdStore(
  kind: 'postgres' | 'redis',
  directory: string,
  account?: Account,
): Promise<{ child: ChildProcess; held: Held }> {
  const program = join(root, 'system/test/stores/holdStore.ts');
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=source', program, kind, directory],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH }, ...account },
  );
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout! }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`it ended with ${code}`);
    }),
  ]);
  return { child, held: JSON.parse(line) };
}

/** True where a process exists and has not ended: it is no zombie. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Returns the milliseconds until a process is gone; infinity after `limitMs`. */
export async function msUntilGone(pid: number, limitMs: number): Promise<number> {
  const began = performance.now();
  while (runs(pid)) {
    if (performance.now() - began > limitMs) return Number.POSITIVE_INFINITY;
    await sleep(10);
  }
  return performance.now() - began;
}

/** Returns the error with which a promise is rejected, as text. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'no refusal';
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/*
 * A process id alone does not name a process: ids are used again, after a restart of the machine soonest. Id and
 * start time together do, so that is what the files of a data directory are named after: `owner-<pid>-<start>`.
 */

/** Names a process for good: `<pid>-<start>`, safe in file names. Undefined where the process can't be seen. */
export function identityOf(pid: number): string | undefined {
  const start = startOf(pid);
  return start === undefined ? undefined : `${pid}-${start}`;
}

/** The process id in an identity; undefined where the text is none. */
export function pidOf(identity: string): number | undefined {
  const pid = Number(/^(\d+)-./.exec(identity)?.[1]);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

/**
 * Whether exactly this process still runs. One that exists and can't be looked at (another account's, on a system
 * that hides those) counts as running: the mistake that ends nobody's database.
 */
export function isRunning(identity: string): boolean {
  const pid = pidOf(identity);
  if (pid === undefined || !exists(pid)) return false;
  const now = startOf(pid);
  if (now === 'zombie') return false;
  return now === undefined || identity === `${pid}-${now}`;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function startOf(pid: number): string | undefined {
  try {
    return process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
  } catch {
    return undefined;
  }
}

/** The boot and the clock ticks since: unlike a time of day, it doesn't move when the clock is set. */
function startFromProc(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the command in parentheses and may hold anything, spaces and parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Ended, and only waiting for its parent to take notice.
  if (fields[0] === 'Z' || fields[0] === 'X') return 'zombie';
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return `${boot}-${fields[19]}`;
}

function startFromPs(pid: number): string {
  const started = execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return started.trim().replace(/\W+/g, '_');
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/*
 * A process id alone does not identify a process: ids are used again, soonest after a restart of the machine. Id and
 * start time together do, so the files of a data directory are named after both: `owner-<pid>-<start>`.
 */

/** Returns a name that no other process gets: `<pid>-<start>`, safe in file names. Undefined without such a process. */
export function identityOf(pid: number): string | undefined {
  const start = startOf(pid);
  return start === undefined ? undefined : `${pid}-${start}`;
}

/** Returns the process id in an identity; undefined where the text is no identity. */
export function pidOf(identity: string): number | undefined {
  const pid = Number(/^(\d+)-./.exec(identity)?.[1]);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

/**
 * True where exactly this process still runs. A process that exists but cannot be inspected (another account's, on a
 * system that hides those) counts as running: the opposite mistake could end a database that is in use.
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

/** Returns the boot's id and the clock ticks since it. Unlike a time of day, they do not move when the clock is set. */
function startFromProc(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the command in parentheses. It may hold anything, also spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // The process has ended and only waits for its parent to notice.
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

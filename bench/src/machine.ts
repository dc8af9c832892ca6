import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { RunningSystem } from '@ates/system/startSystem';

type Pids = Readonly<Record<string, number | undefined>>;

/** Returns the ids of a system's Node processes, without those of the stores. */
export function nodeProcesses({ pids }: RunningSystem): Pids {
  const { postgresql: _, redis: __, ...node } = pids;
  return node;
}

/** Describes the machine in one line. */
export function describeMachine(): string {
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() || process.arch}), ${gib} GiB, ${process.platform}, Node ${process.version}`;
}

/**
 * Resets the processes' memory peaks, so that the next reading counts from now on. Linux only; elsewhere peaks count
 * from each process's start.
 */
export function resetPeaks(pids: Pids): void {
  for (const pid of Object.values(pids)) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // Not Linux, or the process has ended.
    }
  }
}

/** Returns the highest resident memory of each process, in MiB, without those that cannot be read. */
export function readPeaks(pids: Pids): Record<string, number> {
  return readStatus(pids, 'VmHWM');
}

/** Returns the resident memory of each process now, in MiB. */
export function readMemory(pids: Pids): Record<string, number> {
  return readStatus(pids, 'VmRSS');
}

function readStatus(
  pids: Readonly<Record<string, number | undefined>>,
  field: string,
): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, pid] of Object.entries(pids)) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
      if (kib) found[name] = Number(kib) / 1024;
    } catch {
      // Not Linux, or the process has ended.
    }
  }
  return found;
}

/**
 * Returns the processor time that each process and its children have used, in seconds, without those that cannot be
 * read. PostgreSQL works in children, one per connection.
 */
export function readCpu(pids: Pids): Record<string, number> {
  const used = new Map<number, number>();
  for (const entry of readDirectory('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // After the name in parentheses, which may hold anything: among others the parent, and user and system time in
      // hundredths of a second.
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      const seconds = (Number(fields[11]) + Number(fields[12])) / 100;
      for (const pid of [Number(entry), Number(fields[1])]) used.set(pid, (used.get(pid) ?? 0) + seconds);
    } catch {
      // The process has ended meanwhile.
    }
  }
  return Object.fromEntries(
    Object.entries(pids).flatMap(([name, pid]) =>
      pid && used.has(pid) ? [[name, used.get(pid) as number]] : [],
    ),
  );
}

function readDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

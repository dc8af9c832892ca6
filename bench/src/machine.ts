import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { RunningSystem } from '@ates/system/startSystem';

type Pids = Readonly<Record<string, number | undefined>>;

/** A system's processes that are Node's: not the stores. */
export function nodeProcesses({ pids }: RunningSystem): Pids {
  const { postgresql: _, redis: __, ...node } = pids;
  return node;
}

/** The machine in one line. */
export function describeMachine(): string {
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() || process.arch}), ${gib} GiB, ${process.platform}, Node ${process.version}`;
}

/**
 * Forgets processes' peaks of memory, so that the next reading is of what comes now. Linux only; elsewhere peaks count
 * from each process's start.
 */
export function resetPeaks(pids: Pids): void {
  for (const pid of Object.values(pids)) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // Not Linux, or gone.
    }
  }
}

/** The highest resident memory of each process, in MiB; those that cannot be read are left out. */
export function readPeaks(pids: Pids): Record<string, number> {
  return readStatus(pids, 'VmHWM');
}

/** The resident memory of each process now, in MiB. */
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
      // Not Linux, or gone.
    }
  }
  return found;
}

/**
 * The processor time that each process and its children have used, in seconds; those that cannot be read are left
 * out. PostgreSQL works in children, one per connection.
 */
export function readCpu(pids: Pids): Record<string, number> {
  const used = new Map<number, number>();
  for (const entry of readDirectory('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // Behind the name in brackets, which may hold anything: parent, then user and system time in hundredths.
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      const seconds = (Number(fields[11]) + Number(fields[12])) / 100;
      for (const pid of [Number(entry), Number(fields[1])]) used.set(pid, (used.get(pid) ?? 0) + seconds);
    } catch {
      // Gone meanwhile.
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

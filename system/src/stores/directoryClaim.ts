import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SettingError } from '@ates/kit/process/settings';
import { identityOf, isRunning, pidOf } from './processIdentity.ts';

/** The right to use a directory. This process holds it until it releases it or ends, also by a crash. */
export interface DirectoryClaim {
  release(): void;
}

/** How long another process that claims the same directory may take to decide, in milliseconds. */
const rivalTimeoutMs = 2_000;

/**
 * Makes a directory and its parents.
 * @throws SettingError where that is not possible, naming DATA_DIR and the path.
 */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!statSync(directory).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
  } catch (error) {
    throw unusable(directory, error);
  }
}

/** Returns the error for a directory that the system cannot work in. */
export function unusable(path: string, error: unknown): SettingError {
  const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  const why: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EEXIST: 'a file is in the way',
    ENOTDIR: 'a file is in the way',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
  };
  return new SettingError(
    `DATA_DIR must be a directory that can be written; ${path} cannot be created or written (${why[code] ?? code}).`,
  );
}

/**
 * Makes sure that this process alone uses a directory. A claim is a file named after the process's id and start time.
 * So the claim of a killed process is recognised, and removing it never removes another's. *Instead:* with a single
 * lock file, two starts that find it stale could each remove the file that the other has just written.
 *
 * Each process first writes its claim and then looks for others, so of two at least one sees the other. Where neither
 * holds the directory yet, the lower name gets it. This protects only from processes that see each other's ids: two
 * containers that share a volume do not.
 * @throws SettingError where another running system, or this one, uses the directory.
 */
export async function claimDirectory(directory: string): Promise<DirectoryClaim> {
  const self = identityOf(process.pid);
  if (self === undefined) throw new Error('this process cannot be looked up in the process table');
  const path = join(directory, `owner-${self}`);
  try {
    writeFileSync(path, 'claims', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw inUse(directory, self);
    throw unusable(directory, error);
  }
  const release = () => rmSync(path, { force: true });
  try {
    const deadline = Date.now() + rivalTimeoutMs;
    for (;;) {
      const rivals = runningRivals(directory, self);
      const winner = rivals.find((rival) => rival.holds || rival.identity < self);
      if (winner !== undefined) throw inUse(directory, winner.identity);
      if (rivals.length === 0) break;
      if (Date.now() > deadline) throw inUse(directory, rivals[0]!.identity);
      await sleep(20);
    }
    writeFileSync(path, 'holds');
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

interface Rival {
  readonly identity: string;
  readonly holds: boolean;
}

function runningRivals(directory: string, self: string): Rival[] {
  const rivals: Rival[] = [];
  for (const name of readdirSync(directory)) {
    const identity = /^owner-(.+)$/.exec(name)?.[1];
    if (identity === undefined || identity === self) continue;
    const path = join(directory, name);
    if (!isRunning(identity)) rmSync(path, { force: true });
    else {
      try {
        rivals.push({ identity, holds: readFileSync(path, 'utf8') === 'holds' });
      } catch (error) {
        // The other process has withdrawn its claim meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }
  return rivals;
}

const inUse = (directory: string, identity: string) =>
  new SettingError(
    `DATA_DIR is in use: process ${pidOf(identity)} works in ${directory}; stop it, or choose another DATA_DIR.`,
  );

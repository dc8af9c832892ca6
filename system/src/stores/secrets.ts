import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { SettingError } from '@ates/kit/process/settings';
import { z } from 'zod';
import { makeDirectory, unusable } from './directoryClaim.ts';

/**
 * The files of `DATA_DIR` that hold what this system makes up once and keeps to itself. Each has a file of its own, as
 * a file is made by one step and never changed: two that start at once could not add to the same one.
 */
const files = {
  /** What `INTERNAL_SECRET` is where that is not set. */
  internalSecret: 'secrets.json',
  /** What `DATABASE_SECRET` is where that is not set. */
  databaseSecret: 'database-secret.json',
} as const;
export type SecretName = keyof typeof files;

/**
 * A secret kept in `DATA_DIR`, in a file that only this account may read; made at the first start. Of processes that
 * start at once one makes it, and all get the same.
 * @throws SettingError where the directory can't be written or the file is not what was written.
 */
export function loadSecret(directory: string, name: SecretName): string {
  makeDirectory(directory);
  return inFile(directory, name, (path) => {
    const kept = read(path, name);
    if (kept !== undefined) return kept;
    make(path, name);
    return read(path, name)!;
  });
}

/** The same where it has been made already; else undefined, and none is made. */
export const findSecret = (directory: string, name: SecretName): string | undefined =>
  inFile(directory, name, (path) => read(path, name));

function inFile<Result>(directory: string, name: SecretName, work: (path: string) => Result): Result {
  const path = join(directory, files[name]);
  try {
    return work(path);
  } catch (error) {
    throw error instanceof SettingError ? error : unusable(path, error);
  }
}

function read(path: string, name: SecretName): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    // A copy of the directory may have brought it with the rights of other files.
    chmodSync(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return z.object({ [name]: z.string().min(16) }).parse(JSON.parse(text))[name];
  } catch {
    // Without the cause, which would quote the text. New secrets would lock the system out of its databases.
    throw new SettingError(
      `DATA_DIR holds a ${path} that is damaged: put back the file that was there, or choose an empty DATA_DIR.`,
    );
  }
}

/** Written whole under another name first; the link fails where another process was faster, and its file stays. */
function make(path: string, name: SecretName): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, `${JSON.stringify({ [name]: randomBytes(32).toString('hex') }, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

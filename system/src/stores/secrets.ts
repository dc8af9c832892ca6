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
 * The files of `DATA_DIR` for the secrets that this system makes once. Each secret has a separate file, because a file
 * is made in one step and never changed: two processes that start at once could not both add to one file.
 */
const files = {
  /** Used where `INTERNAL_SECRET` is not set. */
  internalSecret: 'secrets.json',
  /** Used where `DATABASE_SECRET` is not set. */
  databaseSecret: 'database-secret.json',
} as const;
export type SecretName = keyof typeof files;

/**
 * Returns a secret that is kept in `DATA_DIR`, in a file that only this account may read. The first start makes it.
 * Where several processes start at once, one makes it and all get the same.
 * @throws SettingError where the directory cannot be written or the file is damaged.
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

/** Returns the secret where it has been made already, else undefined. Makes none. */
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
    // In a copied directory, the file may have the permissions of other files.
    chmodSync(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return z.object({ [name]: z.string().min(16) }).parse(JSON.parse(text))[name];
  } catch {
    // Without the cause, which would quote the secret. A new secret would lock the system out of its databases.
    throw new SettingError(
      `DATA_DIR holds a ${path} that is damaged: put back the file that was there, or choose an empty DATA_DIR.`,
    );
  }
}

/** Writes a draft, then links it as the file. Where another process was faster, the link fails and its file stays. */
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

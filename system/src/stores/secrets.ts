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
import { SettingError } from '@ates/kit/settings';
import { z } from 'zod';
import { makeDirectory, unusable } from './directoryClaim.ts';

/** What this system makes up once and keeps to itself. */
export interface Secrets {
  /** What `INTERNAL_SECRET` is where that is not set: everything parts of the system prove to each other. */
  readonly internalSecret: string;
}

const secretsShape = z.object({ internalSecret: z.string().min(16) });

/**
 * The secrets kept in `<DATA_DIR>/secrets.json`, which only this account may read; made at the first start. Of
 * processes that start at once one makes them, and all get the same.
 * @throws SettingError where the directory can't be written or the file is not what was written.
 */
export function loadSecrets(directory: string): Secrets {
  makeDirectory(directory);
  const path = join(directory, 'secrets.json');
  try {
    const kept = read(path);
    if (kept !== undefined) return kept;
    makeSecrets(path);
    return read(path)!;
  } catch (error) {
    throw error instanceof SettingError ? error : unusable(path, error);
  }
}

function read(path: string): Secrets | undefined {
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
    return secretsShape.parse(JSON.parse(text));
  } catch {
    // Without the cause, which would quote the text. New secrets would lock the system out of its databases.
    throw new SettingError(
      `DATA_DIR holds a ${path} that is damaged: put back the file that was there, or choose an empty DATA_DIR.`,
    );
  }
}

/** Written whole under another name first; the link fails where another process was faster, and its file stays. */
function makeSecrets(path: string): void {
  const secrets: Secrets = { internalSecret: randomBytes(32).toString('hex') };
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, `${JSON.stringify(secrets, null, 2)}\n`);
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

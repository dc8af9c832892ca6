import { chmodSync, existsSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SettingError } from '@ates/kit/process/settings';

/** An account of the operating system. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Returns the account that PostgreSQL runs under, because it refuses to run as root. Undefined where this process is
 * not root: PostgreSQL then runs as this process does. Existing data keep the account that owns them, so that a start
 * as root by mistake does not lock their owner out.
 * @throws SettingError where the system has no such account.
 */
export function serverAccount(dataDirectory: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(dataDirectory)) {
    const { uid, gid } = statSync(dataDirectory);
    if (uid !== 0) return { uid, gid };
  }
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody', 'daemon']) {
    const found = accounts.find((fields) => fields[0] === name);
    const [uid, gid] = [Number(found?.[2]), Number(found?.[3])];
    if (uid > 0 && gid > 0) return { uid, gid };
  }
  throw new SettingError(
    'DATABASE_URL is not set, and the embedded PostgreSQL cannot run as root, and there is no account postgres, nobody or daemon to run it under: start as another user, or set DATABASE_URL.',
  );
}

/** True where the account may pass through every directory above a path. */
export function mayReach(path: string, account: Account): boolean {
  return closedDirectories(path, account).length === 0;
}

/** Lets every account pass through the directories above a path, but not list them. Returns those it has changed. */
export function openDirectories(path: string, account: Account): readonly string[] {
  const closed = closedDirectories(path, account);
  for (const directory of closed) chmodSync(directory, (statSync(directory).mode & 0o7777) | 0o001);
  return closed;
}

function closedDirectories(path: string, account: Account): string[] {
  const closed: string[] = [];
  for (let at = dirname(resolve(path)); ; at = dirname(at)) {
    if (!allows(statSync(at), account, 0o1)) closed.push(at);
    if (at === dirname(at)) return closed;
  }
}

/** True where the account has the permission bits (read 4, write 2, pass or execute 1), by the kernel's rules. */
export function allows(stats: Stats, account: Account, bits: number): boolean {
  const shift = stats.uid === account.uid ? 6 : stats.gid === account.gid ? 3 : 0;
  return ((stats.mode >> shift) & bits) === bits;
}

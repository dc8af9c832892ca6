import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratch } from './stores/scratch.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The files and folders that a clone does not have. */
const made = new Set(['node_modules', 'dist', '.types', '.git', '.data', '.turbo', '.playwright']);

/**
 * Copies the tree as a clone has it after `npm ci`. Nothing is built. The project's packages lead to folders of the
 * copy, all others to the packages that are installed here.
 */
export function freshTree(): string {
  const tree = join(scratch(), 'tree');
  cpSync(root, tree, {
    recursive: true,
    filter: (path) => path === root || !made.has(basename(path)),
  });
  chmodSync(tree, 0o755);
  const [from, to] = [join(root, 'node_modules'), join(tree, 'node_modules')];
  for (const name of readdirSync(from)) {
    // The copy has its own folder for each scope, so that a test may take packages away.
    const scoped = name.startsWith('@') ? readdirSync(join(from, name)) : [];
    mkdirSync(join(to, scoped.length > 0 ? name : ''), { recursive: true });
    if (name === '@ates') {
      for (const each of scoped) symlinkSync(readlinkSync(join(from, name, each)), join(to, name, each));
    } else if (scoped.length > 0) {
      for (const each of scoped) symlinkSync(join(from, name, each), join(to, name, each));
    } else symlinkSync(join(from, name), join(to, name));
  }
  return tree;
}

/** Returns the arguments and the environment of each process that has not ended. */
export function readProcesses(
  pids: readonly number[],
): { pid: number; args: string[]; environment: Record<string, string> }[] {
  return pids.flatMap((pid) => {
    const read = (file: string) =>
      readFileSync(`/proc/${pid}/${file}`, 'utf8')
        .split('\0')
        .filter((text) => text !== '');
    try {
      const environment = read('environ').map(
        (line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const,
      );
      const args = read('cmdline');
      // A process that has ended and was not reaped has no arguments.
      return args.length === 0 ? [] : [{ pid, args, environment: Object.fromEntries(environment) }];
    } catch (error) {
      if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
  });
}

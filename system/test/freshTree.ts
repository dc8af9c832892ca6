import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratch } from './stores/scratch.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a clone does not have. */
const made = new Set(['node_modules', 'dist', '.types', '.git', '.data', '.turbo', '.playwright']);

/**
 * A copy of the tree as a clone has it after `npm ci`: nothing is built, its own packages lead to its own folders,
 * and those of others to the ones that are installed here.
 */
export function freshTree(): string {
  const tree = join(scratch(), 'tree');
  cpSync(root, tree, {
    recursive: true,
    filter: (path) => path === root || !made.has(basename(path)),
  });
  chmodSync(tree, 0o755);
  const [from, to] = [join(root, 'node_modules'), join(tree, 'node_modules')];
  mkdirSync(join(to, '@ates'), { recursive: true });
  for (const name of readdirSync(from)) if (name !== '@ates') symlinkSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(from, '@ates')))
    symlinkSync(readlinkSync(join(from, '@ates', name)), join(to, '@ates', name));
  return tree;
}

/** The arguments and the environment that a process was started with. */
export function readProcess(pid: number): { args: string[]; environment: Record<string, string> } {
  const read = (file: string) =>
    readFileSync(`/proc/${pid}/${file}`, 'utf8')
      .split('\0')
      .filter((text) => text !== '');
  return {
    args: read('cmdline'),
    environment: Object.fromEntries(
      read('environ').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
  };
}

/*
 * Builds the system (TypeScript to `dist`) and the web app (`spa/dist`) where their sources have changed since the
 * last build. Plain JavaScript: it runs before anything is built, and Node 20 runs no TypeScript.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The packages that are compiled, each with the folders of its sources. */
const packages = {
  schema: ['src', 'events', 'sdl'],
  kit: ['src'],
  ...Object.fromEntries(readdirSync(join(root, 'subgraphs')).map((name) => [`subgraphs/${name}`, ['src']])),
  workers: ['src'],
  gateway: ['src'],
  system: ['src'],
  demo: ['src'],
  bench: ['src'],
};

/** Says why a build is not possible, in a sentence for the user who started it. */
export class BuildError extends Error {
  name = 'BuildError';
}

/**
 * @typedef {object} Target
 * @property {string} what its name in sentences
 * @property {string} mark a file that holds the hash of what was built; it is missing while a build is under way
 * @property {() => string} hash of its sources, and of the files that show that another command has built since
 * @property {string} tool the module that builds it, which a production install does not have
 * @property {string[]} args
 * @property {string} cwd
 * @property {() => void} [finish] what is left to do after the tool
 */

/** @type {Target} */
export const system = {
  what: 'the system',
  mark: join(root, 'system/dist/.built-from'),
  hash: () =>
    hashOf([
      join(root, 'tsconfig.base.json'),
      join(root, 'package-lock.json'),
      ...Object.entries(packages).flatMap(([name, folders]) => [
        join(root, name, 'tsconfig.json'),
        ...folders.flatMap((folder) => filesBelow(join(root, name, folder))),
        // The compiler's own record changes with every `tsc -b` that builds, also with that of `npm run check`.
        join(root, name, 'dist/tsconfig.tsbuildinfo'),
      ]),
    ]),
  tool: 'typescript/bin/tsc',
  // `npm run check` checks the types. Without checking them, this takes a third of the time.
  args: ['-b', '--noCheck', 'system', 'demo', 'bench'],
  cwd: root,
  finish: copyWhatIsRead,
};

/** @type {Target} */
export const app = {
  what: 'the app',
  mark: join(root, 'spa/dist/.built-from'),
  hash: () =>
    hashOf([
      ...['index.html', 'package.json', 'vite.config.ts'].map((name) => join(root, 'spa', name)),
      ...['src', 'public'].flatMap((folder) => filesBelow(join(root, 'spa', folder))),
      join(root, 'schema/src/access.ts'),
      join(root, 'package-lock.json'),
    ]),
  tool: 'vite/bin/vite.js',
  args: ['build'],
  cwd: join(root, 'spa'),
};

/** How often a lock is looked at, how often its holder touches it, and when it counts as dead, in milliseconds. */
const lockPollMs = 100;
const lockBeatMs = 1_000;
const lockDeadMs = 10_000;

/**
 * Builds a target unless it is up to date. Where several processes want it at once, one of them builds it. Where it
 * cannot be built but was built before, the earlier build stays, and a warning says so.
 * @param {Target} target
 * @param {{ say: (line: string) => void; warn: (line: string) => void; signal: AbortSignal }} how
 * @throws BuildError where it cannot be built and there is no earlier build
 */
export async function build(target, { say, warn, signal }) {
  const isFresh = () => readMark(target) === target.hash();
  if (isFresh()) return;
  try {
    const tool = findTool(target);
    const release = await lock(target, signal);
    try {
      // Another start has built it meanwhile.
      if (isFresh()) return;
      const began = performance.now();
      say(`building ${target.what}: some seconds, once`);
      rmSync(target.mark, { force: true });
      await run(tool, target, signal);
      target.finish?.();
      mkdirSync(dirname(target.mark), { recursive: true });
      writeFileSync(target.mark, target.hash());
      const seconds = ((performance.now() - began) / 1_000).toFixed(1);
      say(`building ${target.what}: ${seconds} s; the next start finds it built`);
    } finally {
      release();
    }
  } catch (error) {
    if (signal.aborted || readMark(target) === undefined) throw error;
    warn(`${target.what} has changed and is used as it was built before: ${error.message}`);
  }
}

const readMark = ({ mark }) => (existsSync(mark) ? readFileSync(mark, 'utf8') : undefined);

function findTool({ what, tool }) {
  const [name, ...path] = tool.split('/');
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), ...path);
  } catch {
    throw new BuildError(
      `${what} is not built, and ${name}, which builds it, is not installed: run npm ci && npm run build, and npm prune --omit=dev after it.`,
    );
  }
}

/** Runs the tool in a process group of its own, which ends with this process. */
async function run(tool, { what, args, cwd }, signal) {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [tool, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Also where tests run this: users then get the fast and small versions of the libraries.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output = `${output}${text}`.slice(-8_000);
    });
  const stop = () => {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has ended meanwhile.
    }
  };
  signal.addEventListener('abort', stop);
  process.once('exit', stop);
  try {
    const how = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, ended) => resolve(code ?? ended));
    });
    signal.throwIfAborted();
    if (how !== 0) throw new BuildError(`${what} cannot be built (${how}):\n${output.trimEnd()}`);
  } finally {
    signal.removeEventListener('abort', stop);
    process.off('exit', stop);
  }
}

/**
 * Waits until no other process builds the target, and then keeps others out until released. The holder touches the
 * file; a file that is no longer touched has no holder. *Instead:* a process id in the file could soon be another
 * process's, where a container was killed.
 */
async function lock({ what }, signal) {
  const file = join(root, 'system/dist', `.building-${what.replaceAll(' ', '-')}`);
  for (;;) {
    signal.throwIfAborted();
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '', { flag: 'wx' });
      break;
    } catch (error) {
      if (['EACCES', 'EPERM', 'EROFS'].includes(error.code)) {
        throw new BuildError(
          `${what} is not built, and this account cannot write to ${root}: run npm run build as one that can.`,
        );
      }
      if (error.code !== 'EEXIST') throw error;
    }
    const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - touched > lockDeadMs) rmSync(file, { force: true });
    else await sleep(lockPollMs);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimesSync(file, now, now);
  }, lockBeatMs);
  const release = () => {
    clearInterval(beat);
    process.off('exit', release);
    rmSync(file, { force: true });
  };
  process.once('exit', release);
  return release;
}

/** Copies the files that the code reads from its own folder: SQL statements, and the subgraphs' SDL. */
function copyWhatIsRead() {
  for (const [name, folders] of Object.entries(packages)) {
    for (const folder of folders) {
      for (const file of filesBelow(join(root, name, folder))) {
        if (!/\.(sql|graphql)$/.test(file)) continue;
        // Where `src` is the only folder, it becomes `dist`. In `schema`, it becomes a folder of `dist`.
        const below = file.slice(join(root, name, folders.length === 1 ? folder : '').length);
        const copy = join(root, name, 'dist', below);
        mkdirSync(dirname(copy), { recursive: true });
        copyFileSync(file, copy);
      }
    }
  }
}

/** @returns {string[]} */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    if (existsSync(file)) hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const say = (line) => console.error(line);
  const how = { say, warn: say, signal: new AbortController().signal };
  try {
    await build(system, how);
    await build(app, how);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

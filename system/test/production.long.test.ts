import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../src/stores/embeddedPostgres.ts';
import { freshTree, readProcesses } from './freshTree.ts';
import { ask, runStart } from './runStart.ts';
import { log, nobody, scratch, stopsAfterwards } from './stores/scratch.ts';

/** Runs `run.mjs` in a tree. A wrong setting ends the gateway with a sentence as soon as it is loaded. */
async function runGateway(tree: string, account?: typeof nobody): Promise<{ code: number; said: string[] }> {
  const options = { cwd: tree, env: { PATH: process.env.PATH, ...wrong }, ...account };
  return promisify(execFile)(process.execPath, ['system/run.mjs', 'gateway'], options).then(
    () => ({ code: 0, said: [] }),
    ({ code, stderr }) => ({ code, said: stderr.trimEnd().split('\n') }),
  );
}

const wrong = { INTERNAL_SECRET: 'a secret of the company', MAX_DEPTH: 'deep' };
const wrongSetting = 'MAX_DEPTH must be a whole number from 1 to 1000; it is "deep".';
const begins = /^building the system: some seconds, once$/;
const ends = /^building the system: \d+\.\d s; the next start finds it built$/;

describe('npm start from a fresh clone', () => {
  const asRoot = freshTree();
  const inOwnTree = freshTree();

  it.each([
    ['with Redis where there is one', asRoot, undefined, {}],
    ['without Redis', asRoot, undefined, { QUEUE_BACKEND: 'postgresql' }],
    ['under an account without rights', inOwnTree, nobody, {}],
  ])('runs production code in every process, %s', async (_, tree, account, settings) => {
    const directory = scratch();
    if (account) {
      for (const path of [tree, directory])
        await promisify(execFile)('chown', ['-R', `${account.uid}:${account.gid}`, path]);
    }
    const start = runStart(
      { DATA_DIR: join(directory, 'data'), PORT: '0', HOME: directory, ...settings },
      { tree, account },
    );
    const { url, pids } = await start.started();
    await ask(url, '{ __typename }');
    const processes = readProcesses(pids);
    const fromSources = /tsx|esbuild|conditions=source|\.ts$/m;
    expect(processes.filter(({ args }) => fromSources.test(args.join('\n')))).toEqual([]);
    const ofNode = processes.filter(({ args }) => basename(args[0]!) === 'node');
    // The supervisor, four subgraphs, the workers and the gateway.
    expect(ofNode).toHaveLength(7);
    for (const { args, environment } of ofNode)
      expect(environment.NODE_ENV, args.join(' ')).toBe('production');
  });
});

describe('what runs is built', () => {
  const built = freshTree();

  it('by one of several starts at once, and then kept', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => runGateway(built)));
    const said = runs.map((run) => run.said).sort((one, other) => other.length - one.length);
    expect(said).toEqual([
      [expect.stringMatching(begins), expect.stringMatching(ends), wrongSetting],
      [wrongSetting],
      [wrongSetting],
    ]);
    expect(await runGateway(built)).toEqual({ code: 1, said: [wrongSetting] });
  });

  it('again when a source has changed, or another command has built since', async () => {
    const source = join(built, 'gateway/src/settings.ts');
    const before = readFileSync(source, 'utf8');
    writeFileSync(source, before.replace('MAX_DEPTH: whole(1, 1_000)', 'MAX_DEPTH: whole(1, 999)'));
    // Builds as `npm run check` does.
    const tsc = join(built, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-b', '--noCheck', 'gateway'], { cwd: built });
    writeFileSync(source, before);
    expect((await runGateway(built)).said.at(-1)).toBe(wrongSetting);
    writeFileSync(source, before.replace('MAX_DEPTH: whole(1, 1_000)', 'MAX_DEPTH: whole(1, 998)'));
    expect((await runGateway(built)).said.at(-1)).toContain('from 1 to 998;');
    writeFileSync(source, before);
    expect((await runGateway(built)).said.at(-1)).toBe(wrongSetting);
  });

  it('anew after a start that was stopped in the middle of it', async () => {
    appendFileSync(join(built, 'schema/src/sdl.ts'), '\n// Changed.\n');
    const child = spawn(process.execPath, ['system/run.mjs', 'gateway'], { cwd: built, stdio: 'pipe' });
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(143);
    expect(readdirSync(join(built, 'system/dist')).filter((name) => name.startsWith('.'))).toEqual([]);
    expect((await runGateway(built)).said.at(-1)).toBe(wrongSetting);
  });

  it('or refused with the place that is no TypeScript', async () => {
    const tree = copyOf(built);
    appendFileSync(join(tree, 'kit/src/process/settings.ts'), '\nexport const = 1;\n');
    const { code, said } = await runGateway(tree);
    expect(code).toBe(1);
    expect(said.join('\n')).toMatch(/the system cannot be built \(\d\):\n.*kit\/src\/process\/settings\.ts/);
  });

  it('by an account that may write the tree; one that may not runs what is there, or gets a sentence', async () => {
    const unprivileged = (tree: string) => runGateway(tree, nobody);
    const unbuilt = freshTree();
    readOnly(unbuilt);
    expect(await unprivileged(unbuilt)).toEqual({
      code: 1,
      said: [
        `the system is not built, and this account cannot write to ${unbuilt}/: run npm run build as one that can.`,
      ],
    });
    const tree = copyOf(built);
    const source = join(tree, 'kit/src/process/settings.ts');
    readOnly(tree);
    expect((await unprivileged(tree)).said).toEqual([wrongSetting]);
    chmodSync(source, 0o644);
    appendFileSync(source, '\n// Changed.\n');
    expect((await unprivileged(tree)).said).toEqual([
      expect.stringMatching(/^the system has changed and is used as it was built before: /),
      wrongSetting,
    ]);
  });

  it('where TypeScript is installed; where it is not, a sentence asks for what it would build', async () => {
    const tree = freshTree();
    rmSync(join(tree, 'node_modules/typescript'));
    expect(await runGateway(tree)).toEqual({
      code: 1,
      said: [
        expect.stringMatching(/^the system is not built, and typescript, .* run npm ci && npm run build/),
      ],
    });
  });
});

describe('a production install with a built tree', () => {
  const tree = freshTree();
  beforeAll(async () => {
    await promisify(execFile)('npm', ['run', 'build'], { cwd: tree });
    for (const name of developmentPackages(tree))
      rmSync(join(tree, 'node_modules', name), { recursive: true, force: true });
  });

  it('starts, with the app and without a warning', async () => {
    for (const name of ['typescript', 'tsx', 'vite', 'react', 'esbuild'])
      expect(existsSync(join(tree, 'node_modules', name)), name).toBe(false);
    const start = runStart({ DATA_DIR: scratch(), PORT: '0' }, { tree });
    const { url, output } = await start.started();
    expect(await (await fetch(url)).text()).toContain('<div id="root">');
    expect(output()).not.toMatch(/WARN|building/);
  });

  it('migrates', async () => {
    const server = stopsAfterwards(
      await startEmbeddedPostgres({ directory: scratch(), durable: false, log }),
    );
    const { stdout, stderr } = await promisify(execFile)(
      'npm',
      ['run', '--silent', 'migrate', '--', '--print-urls'],
      {
        cwd: tree,
        env: {
          PATH: process.env.PATH,
          HOME: scratch(),
          DATABASE_URL: server.url,
          INTERNAL_SECRET: 'a secret of the company',
        },
      },
    );
    expect(stdout).toMatch(
      /^AUTH_DATABASE_URL=postgres:\/\/auth_app:.*\n(.*\n){2}ANALYTICS_DATABASE_URL=.*\n$/,
    );
    expect(stderr).toMatch(/have the newest schema\.\n$/);
  });
});

/** Returns the packages that the lockfile marks as left out by `npm ci --omit=dev`. */
function developmentPackages(tree: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(tree, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(packages).flatMap(([path, { dev }]) => {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    return dev && name ? [name] : [];
  });
}

function copyOf(built: string): string {
  const tree = join(scratch(), 'tree');
  cpSync(built, tree, { recursive: true, verbatimSymlinks: true });
  return tree;
}

/** Makes all files read-only by their modes. Root may write all the same, so tests run as `nobody` here. */
function readOnly(tree: string): void {
  execFileSync('chmod', ['-R', 'a-w', tree]);
}

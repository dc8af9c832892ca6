import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStandInServer } from './standInServer.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let server: Awaited<ReturnType<typeof startStandInServer>>;
let folder: string;

beforeAll(async () => {
  server = await startStandInServer();
  folder = await mkdtemp(join(tmpdir(), 'import-command-'));
  await writeFile(join(folder, 'good.csv'), 'title,jira id\nClean the cage,POPUG-42\nFeed the cat,\n');
  await writeFile(join(folder, 'mixed.csv'), 'title,jira id\n,POPUG-1\nFeed the cat,\n');
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Runs the command as npm does: from the project's folder, with the caller's folder in INIT_CWD. */
function run(args: string[], environment: Record<string, string> = {}) {
  const { PATH = '' } = process.env;
  const env = {
    PATH,
    INIT_CWD: folder,
    IMPORT_LOGIN: 'kesha',
    IMPORT_BEAK_SHAPE: 'curved',
    ...environment,
  };
  const command = ['--import', 'tsx', '--conditions=source', 'demo/src/import.ts', ...args];
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, command, { cwd: root, env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test('a good file ends with 0 and the counts, also the second time', async () => {
  const first = await run(['good.csv', '--url', server.url]);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/Imported 2 of 2 rows \(already there: 0\)\.\n$/);
  const second = await run(['good.csv', '--url', server.url]);
  expect(second).toMatchObject({ code: 0, stderr: '' });
  expect(second.stdout).toMatch(/Imported 0 of 2 rows \(already there: 2\)\.\n$/);
});

test('a bad row ends with 1, and the good ones are imported', async () => {
  const { code, stdout, stderr } = await run(['mixed.csv', '--url', server.url, '--login', 'gosha']);
  expect(code).toBe(1);
  expect(stderr).toBe('line 2: The title is empty. Say in a few words what is to be done\n');
  expect(stdout).toContain('Imported 1 of 2 rows (already there: 0, with errors: 1).');
});

test.each([
  [['none.csv'], {}, /none\.csv cannot be read: there is no such file\.\n$/],
  [['good.csv', '--url', 'http://127.0.0.1:1/graphql'], {}, /^The server cannot be reached .*npm start.*\n$/],
  [['good.csv'], { IMPORT_BEAK_SHAPE: 'straight' }, /^Cannot log in as "kesha": .*\n$/],
  [['good.csv'], { IMPORT_LOGIN: '' }, /^There is no login, .*IMPORT_LOGIN.*\n$/],
  [['good.csv'], { IMPORT_BEAK_SHAPE: '' }, /^There is no beak shape, .*IMPORT_BEAK_SHAPE.*\n$/],
  [
    ['good.csv'],
    { IMPORT_BEAK_SHAPE: '', IMPORT_BEAK_SHAPE_FILE: '/nowhere' },
    /^IMPORT_BEAK_SHAPE_FILE names \/nowhere, .*\n$/,
  ],
  [['good.csv', '--url', 'localhost:4000'], {}, /^--url must be an address.*\n$/],
  [[], {}, /^Name one CSV file to import\./],
  [['good.csv', '--force'], {}, /--force/],
])('%j %j is refused in a sentence, with exit code 1', async (args, environment, sentence) => {
  const withUrl = args.includes('--url') ? args : [...args, '--url', server.url];
  const { code, stdout, stderr } = await run(withUrl, environment);
  expect(stderr).toMatch(sentence);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});

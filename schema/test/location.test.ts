import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('files are generated where the repository is, whatever the folders above it are called', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'schema-'));
  onTestFinished(() => rmSync(temporary, { recursive: true, force: true }));
  const copy = join(temporary, 'a dist', 'dist');
  mkdirSync(copy, { recursive: true });
  for (const name of ['package.json', 'events', 'scripts', 'sdl', 'src'])
    cpSync(join(root, 'schema', name), join(copy, 'schema', name), { recursive: true });
  // The app's operations are checked against the schema.
  cpSync(join(root, 'spa/src'), join(copy, 'spa/src'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  await promisify(execFile)('git', ['init', '--quiet'], { cwd: copy });

  const command = ['--import', 'tsx', '--conditions=source', 'schema/scripts/generate.ts'];
  await promisify(execFile)(process.execPath, command, { cwd: copy });
  for (const path of ['schema/supergraph.graphql', 'subgraphs/auth/src/generated/resolvers.ts'])
    expect(existsSync(join(copy, path)), path).toBe(true);
  expect(existsSync(join(temporary, 'a%20dist'))).toBe(false);
}, 60_000);

import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const compiler = createRequire(import.meta.url).resolve('relay-compiler/cli.js');

/** The graph as clients see it; `npm run check` holds that it is up to date. */
const api = fileURLToPath(new URL('../api.graphql', import.meta.url));

test('a Relay project that pages through lists of the query, of a Node and within a Node compiles', () => {
  const project = mkdtempSync(join(tmpdir(), 'relay-'));
  onTestFinished(() => rmSync(project, { recursive: true }));
  cpSync(fileURLToPath(new URL('relay', import.meta.url)), project, { recursive: true });
  copyFileSync(api, join(project, 'schema.graphql'));
  // Throws where the compiler ends with another code than 0, with what the compiler wrote.
  execFileSync(process.execPath, [compiler, 'relay.config.json'], { cwd: project, stdio: 'pipe' });
  const artifact = (name: string) =>
    readFileSync(join(project, 'src/__generated__', `${name}.graphql.ts`), 'utf8');
  expect(artifact('tasksListQuery')).toContain('tasks(filter: $filter, first: $count, after: $cursor)');
  expect(artifact('wagesRunsQuery')).toContain('payoutRuns(first: $count, after: $cursor)');
  for (const name of ['tasksAssignmentsQuery', 'wagesAccountQuery'])
    expect(artifact(name)).toContain('node(id: $id)');
});

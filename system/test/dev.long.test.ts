import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freshTree, readProcesses } from './freshTree.ts';
import { ask, eventually, runStart } from './runStart.ts';
import { scratch } from './stores/scratch.ts';

it('npm run dev runs sources, and starts what has changed again and nothing else', async () => {
  const tree = freshTree();
  const start = runStart({ DATA_DIR: scratch(), PORT: '0', LOG_FORMAT: 'json' }, { tree, script: 'dev' });
  const { url } = await start.started();
  /** Returns the process ids by the name of the part or program. */
  const pids = () => {
    const entries = readProcesses(start.pids()).map(({ pid, args }) => {
      const part = /\/(\w+)\/src\/main\.ts/.exec(args.join(' '))?.[1];
      return [part ?? args[0] ?? '', pid] as const;
    });
    return new Map(entries.filter(([name]) => /^\w+$|postgres$/.test(name)));
  };
  const before = pids();
  const parts = ['auth', 'tracker', 'accounting', 'analytics', 'workers', 'gateway'];
  expect([...before.keys()]).toEqual(expect.arrayContaining(parts));

  appendFileSync(join(tree, 'subgraphs/tracker/src/domain/task.ts'), '\n// Changed.\n');
  await eventually(30_000, async () => {
    expect(start.output()).toMatch(
      /ready again: tracker[\s\S]*ready again: workers|ready again: workers[\s\S]*ready again: tracker/,
    );
  });
  const after = pids();
  const restarted = [...before.keys()].filter((name) => after.get(name) !== before.get(name));
  expect(restarted.sort()).toEqual(['tracker', 'workers']);
  // The gateway answers at its old address.
  await eventually(10_000, () => ask(url, '{ __typename }'));
});

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const bench = ['system/run.mjs', 'bench'];

/** Runs the benchmarks' command. Tests look at no figure, since here it would mean nothing. */
async function runBench(
  ...args: string[]
): Promise<{ code: number | null; lines: string[]; errors: string }> {
  const child = spawn(process.execPath, [...bench, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, lines: output.split('\n'), errors };
}

test('every benchmark runs, prints a line for machines per figure, and a table', async () => {
  const backend = process.env.QUEUE_BACKEND ?? 'postgresql';
  const { code, lines, errors } = await runBench('--quick', '--backend', backend);
  expect(errors).not.toMatch(/failed/);
  expect(code).toBe(0);
  const figures = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  expect([...new Set(figures.map(({ bench: name }) => name))].sort()).toEqual([
    'create',
    'feel',
    'gateway',
    'live',
    'payout',
    'read',
    'reassign',
    'start',
  ]);
  for (const { values, backend: measured } of figures) {
    // Figures of the gateway do not depend on the queues, so they name no backend.
    expect([backend, null]).toContain(measured);
    for (const value of Object.values(values)) expect(value).toEqual(expect.any(Number));
  }
  expect(lines.some((line) => line.includes('yardstick → ratio'))).toBe(true);
});

test('no process takes more than 300 MB while tasks are reassigned, as many as there may be', async () => {
  const backend = process.env.QUEUE_BACKEND ?? 'postgresql';
  const { code, lines, errors } = await runBench('reassign', '--backend', backend, '--tasks', '50000');
  expect(errors).not.toMatch(/failed/);
  expect(code).toBe(0);
  const figures = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  expect(figures).toHaveLength(3);
  for (const { peakMiB } of figures) {
    const processes = ['accounting', 'analytics', 'auth', 'gateway', 'tracker', 'workers'];
    expect(Object.keys(peakMiB).sort()).toEqual(processes);
    for (const [name, peak] of Object.entries(peakMiB))
      expect(peak, `${name} in ${JSON.stringify(peakMiB)}`).toBeLessThan(300e6 / 1024 ** 2);
  }
});

test.each([
  [['nonsense'], 'There is no benchmark "nonsense".'],
  [['--backend', 'kafka'], '--backend is redis or postgresql.'],
  [['--tasks', 'many'], '--tasks is a whole number from 1000 to 10000000.'],
])('%j is refused with a sentence and the usage', async (args, sentence) => {
  const { code, errors } = await runBench(...args);
  expect(code).toBe(1);
  expect(errors).toContain(sentence);
  expect(errors).toContain('Usage: npm run bench');
});

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Starts a process that does nothing, or runs the code of `start`. */
function run(
  environment: Record<string, string>,
  start = 'return {}',
  options: { supervised?: boolean } = {},
) {
  const code = `
    import { createServer } from 'node:http';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { runProcess } from '@ates/kit/process/runProcess';
    import { readSettings, processSettings } from '@ates/kit/process/settings';
    await runProcess('parrot', async (environment, log) => {
      readSettings(processSettings, environment);
      ${start}
    });`;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=source', '--input-type=module', '--eval', code],
    {
      cwd: `${root}kit`,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', ...(options.supervised ? (['ipc'] as const) : [])],
    },
  );
  const said = { stdout: '', stderr: '', messages: [] as unknown[] };
  child.stdout!.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    said.stderr += chunk;
  });
  child.on('message', (message) => said.messages.push(message));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, said, ended };
}

describe('LOG_LEVEL', () => {
  test.each(['verbose', 'INFO'])('"%s" stops the start with one sentence', async (level) => {
    const { said, ended } = run({ LOG_LEVEL: level });
    expect(await ended).toBe(1);
    expect(said).toMatchObject({
      stdout: '',
      stderr: `LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent; it is "${level}".\n`,
    });
  });

  test.each(['', ' info'])('"%s" is as good as info', async (level) => {
    const { said, ended } = run({ LOG_LEVEL: level }, `log.info('squawk'); process.exit(0);`);
    expect(await ended).toBe(0);
    expect(said).toMatchObject({ stdout: expect.stringContaining('squawk'), stderr: '' });
  });
});

const listening = `
  const server = createServer();
  const stop = async () => void server.close();
  const info = { url: 'http://127.0.0.1:4711', internalPort: 4712, seeded: ['a secret'] };
  server.listen(0);`;

describe('once it is ready, a process', () => {
  test('of its own says where it is', async () => {
    const { child, said, ended } = run({}, `${listening} return { info, stop };`);
    await expect.poll(() => said.stdout, { timeout: 20_000 }).toMatch(/\n/);
    const line = JSON.parse(said.stdout);
    expect(line).toMatchObject({ level: 30, name: 'parrot' });
    expect(line.msg).toMatch(/^ready at http:\/\/127\.0\.0\.1:4711.* port 4712$/);
    expect(said.stdout).not.toContain('secret');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  test('under a supervisor leaves that to it', async () => {
    const { child, said, ended } = run({}, `${listening} return { info, stop };`, { supervised: true });
    await expect.poll(() => said.messages, { timeout: 20_000 }).toHaveLength(1);
    expect(said.messages).toMatchObject([{ ready: { internalPort: 4712 } }]);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said.stdout).toBe('');
  });
});

test('a stop in the middle of the start waits for it, and then stops in order', async () => {
  const { child, said, ended } = run(
    {},
    `console.log('starting');
     await sleep(500);
     console.log('what is shown only once');
     return { stop: async () => console.log('stopped') };`,
  );
  await expect.poll(() => said.stdout, { timeout: 20_000 }).toContain('starting');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(said.stdout.match(/what is shown only once|stopped/g)).toEqual([
    'what is shown only once',
    'stopped',
  ]);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface RunningDemo {
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  readonly output: () => string;
  /** Sends Ctrl-C to all its processes, as a terminal does. */
  interrupt(): void;
}
const running: RunningDemo[] = [];

afterEach(async () => {
  for (const demo of running.splice(0)) {
    demo.interrupt();
    await demo.ended;
  }
});

/** Runs `npm run demo` where no system runs: no process listens on port 1. */
function runDemo(settings: Record<string, string> = {}): RunningDemo {
  const npm = spawn('npm', ['run', 'demo', '--silent'], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '1', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A new process group, as in a terminal.
    detached: true,
  });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const ended = once(npm, 'close').then(([code]) => code as number | null);
  const demo: RunningDemo = {
    ended,
    output: () => output,
    interrupt() {
      if (npm.exitCode === null && npm.signalCode === null) process.kill(-npm.pid!, 'SIGINT');
    },
  };
  running.push(demo);
  return demo;
}

const directories = () => readdirSync(tmpdir()).filter((name) => name.startsWith('task-exchange-demo-'));

test.each(['redis', 'postgresql'])(
  'the whole backlog: every sum holds with queues in %s',
  async (backend) => {
    const before = directories();
    const demo = runDemo({ QUEUE_BACKEND: backend });
    const code = await demo.ended;
    expect(demo.output()).toContain(`queues in ${backend}`);
    expect(demo.output()).toContain('every sum holds');
    expect(code, demo.output()).toBe(0);
    expect(directories()).toEqual(before);
  },
);

test('Ctrl-C in mid-day ends it and leaves nothing behind', async () => {
  const before = directories();
  const demo = runDemo();
  while (!demo.output().includes('imports the backlog')) await sleep(50);
  demo.interrupt();
  const code = await demo.ended;
  expect(demo.output()).toContain('Interrupted.');
  expect(code).not.toBe(0);
  expect(directories()).toEqual(before);
});

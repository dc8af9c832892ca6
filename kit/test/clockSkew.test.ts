import { pino } from 'pino';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openTestDatabase } from '../../tests/support/databases.ts';
import { watchClockSkew } from '../src/database/measureClockSkew.ts';
import { assertInStep } from '../src/process/clockSkew.ts';
import { startProxy } from './proxy.ts';

const dayMs = 86_400_000;

async function watch(url: string, systemNow: () => number) {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const db = openTestDatabase<unknown>(url);
  const skew = await watchClockSkew({ db, service: 'tracker', log, systemNow });
  onTestFinished(async () => {
    skew.stop();
    await db.destroy();
  });
  return { skew, said: () => lines.map(({ level, msg }) => `${level} ${msg}`) };
}

test('a clock that agrees with the database is in step, and nothing is said', async () => {
  const { skew, said } = await watch(inject('stores').adminUrl, Date.now);
  expect(skew.outOfStep).toBeUndefined();
  expect(Math.abs(skew.skewMs as number)).toBeLessThan(5_000);
  expect(said()).toEqual([]);
});

test.each([
  ['10 days ahead of', 10 * dayMs],
  ['3 hours behind', -3 * 3_600_000],
  ['3 minutes ahead of', 180_000],
])(
  'a clock that is %s the database is out of step, said once, until it agrees again',
  async (far, offsetMs) => {
    let offset = offsetMs;
    const { skew, said } = await watch(inject('stores').adminUrl, () => Date.now() + offset);
    let changes = 0;
    skew.onChange(() => changes++);
    expect(skew.outOfStep).toMatch(`this machine's clock is ${far} that of tracker's database`);
    await skew.measure();
    await skew.measure();
    expect(said()).toEqual([expect.stringMatching(/^50 .*set it right/)]);
    expect(changes).toBe(0);
    offset = 0;
    await skew.measure();
    await skew.measure();
    expect(skew.outOfStep).toBeUndefined();
    expect(changes).toBe(1);
    expect(said()).toEqual([expect.anything(), expect.stringMatching(/^30 .*agrees .* again/)]);
  },
);

test('until its database has answered once, a process does not act; after that its last answer holds', async () => {
  const proxy = await startProxy(inject('stores').adminUrl);
  onTestFinished(() => proxy.stop());
  await proxy.cut();
  const { skew } = await watch(proxy.url, Date.now);
  expect(skew.outOfStep).toContain('has not been asked yet');
  await proxy.mend();
  await expect.poll(() => skew.outOfStep, { timeout: 30_000 }).toBeUndefined();
  await proxy.cut();
  await expect(skew.measure()).rejects.toThrow();
  expect(skew.outOfStep).toBeUndefined();
});

test('a clock that is moved between two comparisons is out of step at that moment, and it is said without being asked', async () => {
  const proxy = await startProxy(inject('stores').adminUrl);
  onTestFinished(() => proxy.stop());
  let offset = 0;
  const { skew, said } = await watch(proxy.url, () => Date.now() + offset);
  let changes = 0;
  skew.onChange(() => changes++);
  expect(skew.outOfStep).toBeUndefined();
  // The database is not needed for this, so it works while the database is away.
  await proxy.cut();
  offset = 10 * dayMs;
  expect(() => assertInStep(skew)).toThrow('10 days ahead of');
  expect(skew.skewMs).toBeGreaterThan(9 * dayMs);
  await proxy.mend();
  await expect.poll(said, { timeout: 10_000 }).toEqual([expect.stringMatching(/^50 .*10 days ahead of/)]);
  expect(changes).toBe(1);
  offset = 0;
  expect(skew.outOfStep).toBeUndefined();
  await expect.poll(() => changes, { timeout: 10_000 }).toBe(2);
  expect(said()).toEqual([expect.anything(), expect.stringMatching(/^30 .*agrees .* again/)]);
});

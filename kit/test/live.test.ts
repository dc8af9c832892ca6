import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testLog } from '../../tests/support/databases.ts';
import { LiveViews, type View } from '../src/live/liveViews.ts';

// Time is faked: these tests check when values are read and sent.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Opens a live view of numbers by key, and records its reads. */
function openView(options: { readMs?: number; lastIs?: number } = {}) {
  const truth = new Map<string, number>();
  const reads: string[][] = [];
  let failing = false;
  const views = new LiveViews(testLog);
  const view: View<number> = views.add<number, number>({
    topic: 'numbers',
    intervalMs: 100,
    async read(keys) {
      reads.push([...keys]);
      if (options.readMs) await new Promise((resolve) => setTimeout(resolve, options.readMs));
      if (failing) throw new Error('the database is away');
      return new Map(keys.map((key) => [key, truth.get(key) ?? 0]));
    },
    tell: (told, state) => (told === state ? [] : [state]),
    isOver: (state) => state === options.lastIs,
  });
  const fail = (is: boolean) => {
    failing = is;
  };
  const hint = (keys: string[] | null, lane: 'interactive' | 'bulk' = 'interactive') =>
    views.onHint({ topic: 'numbers', keys, lane });
  return { views, view, truth, reads, hint, fail };
}

/** Reads a subscription to its end, and keeps each value with its time. */
function collect(payloads: AsyncIterableIterator<number>) {
  const told: { value: number; at: number }[] = [];
  const state = { told, over: false };
  void (async () => {
    for await (const value of payloads) told.push({ value, at: performance.now() });
    state.over = true;
  })();
  return state;
}
const valuesOf = ({ told }: ReturnType<typeof collect>) => told.map(({ value }) => value);

test('the state of the moment comes first, then what has changed; what has not is not told again', async () => {
  const { view, truth, hint } = openView();
  truth.set('a', 7);
  const a = collect(view.subscribe('a'));
  await vi.advanceTimersByTimeAsync(50);
  expect(valuesOf(a)).toEqual([7]);
  hint(['a']);
  hint(['b']);
  await vi.advanceTimersByTimeAsync(500);
  expect(valuesOf(a)).toEqual([7]);
  truth.set('a', 8);
  hint(['a']);
  await vi.advanceTimersByTimeAsync(50);
  expect(valuesOf(a)).toEqual([7, 8]);
});

test('whoever joins a key that is live already gets what was read after they came', async () => {
  const { view, truth } = openView();
  collect(view.subscribe('a'));
  await vi.advanceTimersByTimeAsync(1_000);
  // No hint is sent for this change.
  truth.set('a', 5);
  const late = collect(view.subscribe('a'));
  await vi.advanceTimersByTimeAsync(50);
  expect(valuesOf(late)).toEqual([5]);
});

test('hints may be lost: every live key is read again within ten seconds, all of them in one statement', async () => {
  const { view, truth, reads } = openView();
  const all = ['a', 'b', 'c'].map((key) => collect(view.subscribe(key)));
  await vi.advanceTimersByTimeAsync(100);
  reads.length = 0;
  for (const key of ['a', 'b', 'c']) truth.set(key, 1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(all.map(valuesOf)).toEqual([
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
  expect(reads).toEqual([['a', 'b', 'c']]);
});

test('a burst is told at most ten times a second, and its end always', async () => {
  const { view, truth, hint } = openView();
  const a = collect(view.subscribe('a'));
  for (let n = 1; n <= 500; n++) {
    truth.set('a', n);
    hint(['a']);
    await vi.advanceTimersByTimeAsync(4);
  }
  await vi.advanceTimersByTimeAsync(200);
  expect(a.told.at(-1)?.value).toBe(500);
  expect(a.told.length).toBeGreaterThan(10);
  const gaps = a.told.slice(1).map(({ at }, n) => at - (a.told[n]?.at as number));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100);
});

test('reading takes a fifth of the time at most, however many hints come', async () => {
  const { view, reads, hint } = openView({ readMs: 100 });
  collect(view.subscribe('a'));
  for (let n = 0; n < 1_000; n++) {
    hint(null);
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(reads.length).toBeGreaterThan(15);
  expect(reads.length).toBeLessThanOrEqual(21);
});

test('hints of bulk changes wait for each other, those of interactive ones for nothing', async () => {
  const { view, reads, hint } = openView();
  collect(view.subscribe('a'));
  await vi.advanceTimersByTimeAsync(2_000);
  reads.length = 0;
  for (let n = 0; n < 300; n++) {
    hint(null, 'bulk');
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(reads.length).toBeLessThanOrEqual(4);
  hint(['a']);
  const before = reads.length;
  await vi.advanceTimersByTimeAsync(30);
  expect(reads.length).toBe(before + 1);
});

test('a database that is away is asked again, and nobody loses a subscription', async () => {
  const { view, truth, fail } = openView();
  fail(true);
  const a = collect(view.subscribe('a'));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(a).toEqual({ told: [], over: false });
  fail(false);
  truth.set('a', 3);
  await vi.advanceTimersByTimeAsync(1_100);
  expect(valuesOf(a)).toEqual([3]);
});

test('what will not change any more ends; so does what is returned, at once and without a trace', async () => {
  const { views, view, truth, hint } = openView({ lastIs: 9 });
  const a = collect(view.subscribe('a'));
  const returned = view.subscribe('b');
  const b = collect(returned);
  await vi.advanceTimersByTimeAsync(50);
  expect(views.size).toBe(2);
  await returned.return?.();
  truth.set('a', 9);
  hint(['a']);
  await vi.advanceTimersByTimeAsync(200);
  expect(valuesOf(a)).toEqual([0, 9]);
  expect([a.over, b.over, views.size]).toEqual([true, true, 0]);
});

test('a slow reader is told the truth of the moment when it reads, not all that happened meanwhile', async () => {
  const { view, truth, hint } = openView();
  const payloads = view.subscribe('a');
  await vi.advanceTimersByTimeAsync(50);
  expect((await payloads.next()).value).toBe(0);
  for (let n = 1; n <= 100; n++) {
    truth.set('a', n);
    hint(['a']);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect((await payloads.next()).value).toBe(100);
});

import { expect, test, vi } from 'vitest';
import { HeavyOperations } from '../src/guards/heavyOperations.ts';

const limits = { MAX_HEAVY: 3, MAX_HEAVY_PER_CALLER: 2, HEAVY_BYTES: 1_000 };

/** Begins operations in order. Notes the callers that have begun, and how to end each operation. */
function begin(heavy: HeavyOperations, callers: readonly string[]) {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const all = callers.map((caller) =>
    heavy.begin(caller).then((release) => {
      begun.push(caller);
      ends.push(release);
    }),
  );
  return { begun, end: (at: number) => ends[at]?.(), all };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('one caller has so many under way, and all of them so many; the rest begins as others end', async () => {
  const heavy = new HeavyOperations(limits);
  const { begun, end } = begin(heavy, ['kiwi', 'kiwi', 'kiwi', 'rio', 'rio']);
  await settled();
  expect(begun).toEqual(['kiwi', 'kiwi', 'rio']);
  end(0);
  await settled();
  expect(begun).toEqual(['kiwi', 'kiwi', 'rio', 'kiwi']);
  end(2);
  await settled();
  expect(begun).toEqual(['kiwi', 'kiwi', 'rio', 'kiwi', 'rio']);
  expect(heavy.underWay).toBe(3);
  for (const at of [1, 3, 4]) end(at);
  expect(heavy.underWay).toBe(0);
});

test('callers take turns: the queue of one holds up no other', async () => {
  const heavy = new HeavyOperations({ ...limits, MAX_HEAVY: 1 });
  const { begun, end } = begin(heavy, ['kiwi', 'kiwi', 'kiwi', 'kiwi', 'rio', 'coco']);
  for (let at = 0; at < 6; at++) {
    await settled();
    end(at);
  }
  await settled();
  expect(begun).toEqual(['kiwi', 'kiwi', 'rio', 'coco', 'kiwi', 'kiwi']);
});

test('more than ten of one caller do not wait, but are refused; another caller still may', async () => {
  const heavy = new HeavyOperations({ ...limits, MAX_HEAVY: 1 });
  const { all, begun, end } = begin(
    heavy,
    Array.from({ length: 12 }, () => 'kiwi'),
  );
  await expect(all[11]).rejects.toMatchObject({ extensions: { code: 'TOO_MANY_REQUESTS' } });
  const rio = heavy.begin('rio');
  end(0);
  await settled();
  end(1);
  (await rio)();
  for (let at = 2; at < 11; at++) {
    await settled();
    end(at);
  }
  await Promise.allSettled(all);
  expect(begun).toHaveLength(11);
});

test('who has waited too long is refused, and an operation that never ends gives its place back', async () => {
  vi.useFakeTimers();
  try {
    const heavy = new HeavyOperations({ ...limits, MAX_HEAVY: 1 });
    await heavy.begin('kiwi');
    const waiting = heavy.begin('rio');
    const refused = expect(waiting).rejects.toMatchObject({ extensions: { code: 'TOO_MANY_REQUESTS' } });
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
    expect(heavy.underWay).toBe(1);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(heavy.underWay).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('a place that is given back twice counts once', async () => {
  const heavy = new HeavyOperations(limits);
  const release = await heavy.begin('kiwi');
  await heavy.begin('kiwi');
  release();
  release();
  expect(heavy.underWay).toBe(1);
});

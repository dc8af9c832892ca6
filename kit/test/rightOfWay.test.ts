import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RightOfWay } from '../src/process/rightOfWay.ts';

let way: RightOfWay;
const events: string[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  way = new RightOfWay();
  events.length = 0;
});
afterEach(() => void vi.useRealTimers());

/** Begins work that ends when the test resolves or rejects it. */
function begin() {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const ended = way.take(
    () =>
      new Promise<void>((...given) => {
        [resolve, reject] = given;
      }),
  );
  return { resolve, reject, ended };
}
const give = () => way.give(100).then(() => events.push('on'));
const turn = () => vi.advanceTimersByTimeAsync(0);

test('with nothing under way nobody waits', async () => {
  void give();
  await turn();
  expect(events).toEqual(['on']);
});

test('all of it passes first, whether it goes well or fails', async () => {
  const [one, other] = [begin(), begin()];
  void give();
  one.resolve();
  await one.ended;
  await turn();
  expect(events).toEqual([]);
  other.reject(new Error('lost'));
  await expect(other.ended).rejects.toThrow('lost');
  await turn();
  expect(events).toEqual(['on']);
  expect(vi.getTimerCount()).toBe(0);
});

test('where it never ends, the wait does', async () => {
  begin();
  void give();
  await vi.advanceTimersByTimeAsync(99);
  expect(events).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(events).toEqual(['on']);
});

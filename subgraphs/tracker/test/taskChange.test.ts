import { expect, test } from 'vitest';
import { changesOf, type OpenTasks } from '../src/domain/taskChange.ts';

/** Open tasks in the order in which they came: the assignment of each task. */
const holding = (tasks: Record<string, string>): OpenTasks => ({
  userId: 'kiwi',
  count: Object.keys(tasks).length,
  fingerprint: Object.values(tasks).sort().join(),
  tasks: new Map(Object.entries(tasks).reverse()),
});
const manyTasks = (count: number, fingerprint: string): OpenTasks => ({
  userId: 'kiwi',
  count,
  fingerprint,
  tasks: null,
});

test('what came is told in the order in which it came, and then what has gone', () => {
  const before = holding({ a: '1', b: '2' });
  const now = holding({ b: '2', c: '3', d: '4' });
  expect(changesOf(before, now)).toEqual([
    { kind: 'ASSIGNED_TO_ME', taskId: 'c' },
    { kind: 'ASSIGNED_TO_ME', taskId: 'd' },
    { kind: 'GONE', taskId: 'a', userId: 'kiwi' },
  ]);
});

test('a task that went and came back between two looks has come', () => {
  expect(changesOf(holding({ a: '1' }), holding({ a: '2' }))).toEqual([
    { kind: 'ASSIGNED_TO_ME', taskId: 'a' },
  ]);
});

test('nothing is told where nothing has changed, however many tasks there are', () => {
  expect(changesOf(holding({ a: '1' }), holding({ a: '1' }))).toEqual([]);
  expect(changesOf(manyTasks(500, 'x'), manyTasks(500, 'x'))).toEqual([]);
});

test('the list is to be read at first, after many changes at once, and by whoever has many tasks', () => {
  const reload = [{ kind: 'RELOAD' }];
  expect(changesOf(undefined, holding({ a: '1' }))).toEqual(reload);
  const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`t${n}`, `${n}`]));
  expect(changesOf(holding({}), holding(eleven))).toEqual(reload);
  expect(changesOf(manyTasks(500, 'x'), manyTasks(500, 'y'))).toEqual(reload);
  expect(changesOf(manyTasks(41, 'x'), holding({ a: '1' }))).toEqual(reload);
  expect(changesOf(holding({ a: '1' }), manyTasks(41, 'x'))).toEqual(reload);
});

import { expect, test } from 'vitest';
import { EventKinds, refusalsUntilWait } from '../src/events/eventKinds.ts';

const refusedBy = (reason: string | undefined) => ({ applied: 0, refusedBecause: reason });
const applied = { applied: 1, refusedBecause: undefined };

/** Notes outcomes of one kind. Returns, after each, true where the kind waits. */
function note(kinds: EventKinds, outcomes: readonly ReturnType<typeof refusedBy>[]): boolean[] {
  return outcomes.map((outcome) => {
    kinds.note('a.v1', outcome);
    return kinds.waits('a.v1');
  });
}
const times = <Item>(n: number, item: Item): Item[] => Array.from({ length: n }, () => item);

test('a kind waits from the fifth refusal in a row for one reason on; another kind flows', () => {
  const kinds = new EventKinds();
  expect(note(kinds, times(5, refusedBy('23514 no_ghosts')))).toEqual([false, false, false, false, true]);
  expect(kinds.waits('b.v1')).toBe(false);
  expect(note(kinds, [applied])).toEqual([false]);
});

test('it says once that it begins to wait', () => {
  const kinds = new EventKinds();
  const said = times(8, refusedBy('23514 no_ghosts')).map((outcome) => kinds.note('a.v1', outcome));
  expect(said).toEqual([false, false, false, false, true, false, false, false]);
});

test.each([
  ['refusals by a rule', times(20, refusedBy(undefined))],
  ['refusals for several reasons', times(10, [refusedBy('23514 a'), refusedBy('23514 b')]).flat()],
  ['refusals with a success in between', times(5, [...times(4, refusedBy('23505 a')), applied]).flat()],
  [
    'refusals with a rule in between',
    times(5, [...times(4, refusedBy('23505 a')), refusedBy(undefined)]).flat(),
  ],
])('%s never make it wait', (_, outcomes) => {
  expect(note(new EventKinds(), outcomes)).toEqual(outcomes.map(() => false));
});

test('a kind with events that another process holds waits, until none is left', () => {
  const kinds = new EventKinds();
  kinds.holds(new Set(['a.v1']));
  expect(kinds.waits('a.v1')).toBe(true);
  kinds.holds(new Set());
  expect(kinds.waits('a.v1')).toBe(false);
});

test('a kind that waits and of which nothing came since goes on waiting', () => {
  const kinds = new EventKinds();
  note(kinds, times(refusalsUntilWait, refusedBy('23514 no_ghosts')));
  kinds.holds(new Set());
  expect(kinds.waits('a.v1')).toBe(true);
});

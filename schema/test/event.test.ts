import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeColumns, encodeColumns, maxFactsPerEvent } from '../src/event.ts';

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const columns = fc.integer({ min: 1, max: 20 }).chain((length) =>
  fc.dictionary(
    fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
    fc.oneof(
      fc.array(value, { minLength: length, maxLength: length }),
      value.map((one) => Array(length).fill(one)),
    ),
  ),
);

test('columns come back as they were written', () => {
  fc.assert(
    fc.property(columns, (given) => {
      expect(decodeColumns(encodeColumns(given))).toEqual({ ...given });
    }),
  );
});

test('what is the same for every fact is written once', () => {
  const written = encodeColumns({ id: ['a', 'b', 'c'], day: ['2026-11-21', '2026-11-21', '2026-11-21'] });
  expect(JSON.parse(written)).toEqual({ id: ['a', 'b', 'c'], day: { same: '2026-11-21', times: 3 } });
});

test.each([0, -1, 1.5, maxFactsPerEvent + 1, 1e12, '3', null])(
  'a column that claims to stand %s times is left as it is',
  (times) => {
    const claim = { day: { same: 'x', times } };
    expect(decodeColumns(JSON.stringify(claim))).toEqual(claim);
  },
);

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { allEvents } from '../events/all.ts';
import { decodeColumns, encodeColumns, maxFactsPerEvent } from '../src/event.ts';
import { glanceOf } from '../src/glance.ts';

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

/** Values that fields accept, and similar ones that they refuse. */
const near = fc.oneof(
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.uuid().map((id) => `${id}\n`),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom('2026-02-30T00:00:00.000Z', '2026-11-21', '2026-13-41', 'PAYOUT', 'ADMIN', 'payout', ''),
  fc.constantFrom(
    0,
    -0,
    1,
    0.5,
    9e12,
    9e12 + 1,
    -9e12,
    -9e12 - 1,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ),
  fc.integer().map((length) => 'x'.repeat(Math.abs(length) % 10_100)),
  fc.anything(),
);

describe.each(allEvents.map((event) => [event.name, event] as const))('%s', (_, event) => {
  test('at a glance, no field takes what its schema does not', () => {
    for (const [field, schema] of Object.entries(event.fact.shape)) {
      const glance = glanceOf(schema);
      expect(glance, `${field} has no glance, which makes the event slow`).toBeDefined();
      fc.assert(fc.property(near, (given) => !glance?.(given) || schema.safeParse(given).success));
    }
  });

  test('columns are refused that are too many, too few, of unequal length, too long or empty', () => {
    const fact = Object.fromEntries(
      Object.entries(event.fact.shape).map(([field, schema]) => [field, valueFor(schema)]),
    );
    const of = (length: number) =>
      Object.fromEntries(Object.entries(fact).map(([field, value]) => [field, Array(length).fill(value)]));
    const [first] = Object.keys(fact) as [string];
    const { [first]: _, ...lacking } = of(2);
    const accepted = (given: unknown) => event.columns.safeParse(given).success;
    expect(accepted(of(1))).toBe(true);
    expect(accepted(of(maxFactsPerEvent))).toBe(true);
    expect(accepted(of(maxFactsPerEvent + 1))).toBe(false);
    expect(accepted(of(0))).toBe(false);
    expect(accepted(lacking)).toBe(false);
    expect(accepted({ ...of(2), more: [1, 2] })).toBe(false);
    expect(accepted({ ...lacking, more: [1, 2] })).toBe(false);
    expect(accepted({ ...of(2), [first]: of(1)[first] })).toBe(Object.keys(fact).length === 1);
    expect(accepted({ ...of(2), [first]: [fact[first], Symbol()] })).toBe(false);
    expect(accepted({ ...of(2), [first]: Object.assign(Array(2), [fact[first]]) })).toBe(false);
  });
});

/** Returns a value that a field accepts. */
function valueFor(schema: z.ZodType): unknown {
  const some = [crypto.randomUUID(), new Date().toISOString(), '2026-11-21', 1, true, ...enumOf(schema)];
  return some.find((value) => schema.safeParse(value).success);
}
const enumOf = (schema: z.ZodType): readonly unknown[] => (schema instanceof z.ZodEnum ? schema.options : []);

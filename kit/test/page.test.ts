import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeCursor, isText, isWhole, pageOf, type SortKey, toPage, toPages } from '../src/graph/page.ts';
import { Refusal } from '../src/process/refusal.ts';

type Pair = readonly [text: string, number: number];
const isPair = (value: unknown): value is Pair =>
  Array.isArray(value) && value.length === 2 && isText(value[0]) && isWhole(value[1]);

/** Reads a page of a list that is in memory, as a repository does by SQL. */
function read<Key extends SortKey>(
  keys: readonly Key[],
  isKey: (value: unknown) => value is Key,
  args: { first: number; after?: string | null },
) {
  const page = pageOf(args, isKey);
  const isSame = (key: Key) => JSON.stringify(key) === JSON.stringify(page.after);
  const from = page.after === null ? 0 : keys.findIndex(isSame) + 1;
  const rows = keys.slice(from, from + page.first + 1).map((key) => ({ key }));
  return toPage(rows, page, ({ key }) => key);
}

/** Expects that from each edge of a list, the page of each size behind it begins with the next one. */
function expectWalks<Key extends SortKey>(
  keys: readonly Key[],
  isKey: (value: unknown) => value is Key,
  first: number,
): void {
  const { edges } = read(keys, isKey, { first: 200 });
  expect(edges.map(({ node }) => node.key)).toEqual(keys);
  for (const [at, cursor] of [[-1, null] as const, ...edges.map((edge, at) => [at, edge.cursor] as const)]) {
    const page = read(keys, isKey, { first, after: cursor });
    expect(page.edges).toEqual(edges.slice(at + 1, at + 1 + first));
    expect(page.nodes).toEqual(page.edges.map(({ node }) => node));
    expect(page.pageInfo).toEqual({
      hasNextPage: at + 1 + first < keys.length,
      hasPreviousPage: at >= 0,
      startCursor: page.edges[0]?.cursor ?? null,
      endCursor: page.edges.at(-1)?.cursor ?? null,
    });
  }
}

describe("a list is walked by any edge's cursor, whatever it is sorted by", () => {
  const keysOf = <Key>(key: fc.Arbitrary<Key>) =>
    fc.uniqueArray(key, { maxLength: 12, selector: (each) => JSON.stringify(each) });
  const number = fc.maxSafeInteger();
  const text = fc.string({ unit: 'grapheme' }).filter(isText);
  const size = fc.integer({ min: 1, max: 14 });

  test('a number, a text, or a text and a number', () => {
    fc.assert(fc.property(keysOf(number), size, (keys, first) => expectWalks(keys, isWhole, first)));
    fc.assert(fc.property(keysOf(text), size, (keys, first) => expectWalks(keys, isText, first)));
    fc.assert(
      fc.property(keysOf(fc.tuple(text, number)), size, (keys, first) => expectWalks(keys, isPair, first)),
    );
  });
});

test('each owner gets a page of their own rows, an owner without rows an empty one', () => {
  const rows = [3, 2, 1].map((key) => ({ owner: 'polly', key }));
  const list = { ownerOf: ({ owner }: { owner: string }) => owner, keyOf: ({ key }: { key: number }) => key };
  const pages = toPages(['polly', 'kiwi'], rows, { first: 2, after: 4 }, list);
  expect(pages.get('polly')).toMatchObject({ nodes: rows.slice(0, 2), pageInfo: { hasNextPage: true } });
  expect(pages.get('kiwi')).toEqual({
    nodes: [],
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
  });
});

test('a cursor that the list did not hand out is refused', () => {
  for (const after of ['', 'nonsense', '\0', encodeCursor(), encodeCursor('a'), encodeCursor(1, 2), 'MQ']) {
    expect(() => pageOf({ first: 1, after }, isWhole), after).toThrow(Refusal);
  }
  for (const after of [encodeCursor('a'), encodeCursor('a', 'b'), encodeCursor('a', 1, 1)]) {
    expect(() => pageOf({ first: 1, after }, isPair), after).toThrow(Refusal);
  }
});

import { Refusal } from '../process/refusal.ts';

/** The largest page. */
export const maxPageSize = 200;

/** @throws Refusal (BAD_USER_INPUT) unless `first` is 1..200. */
export function checkPageSize(first: number): number {
  if (first < 1 || first > maxPageSize)
    throw new Refusal('BAD_USER_INPUT', `first must be from 1 to ${maxPageSize}, not ${first}.`);
  return first;
}

/** What a list is sorted by: one value, or several. No two entries of a list have the same. */
export type SortKey = string | number | readonly (string | number)[];

/** Which page a client asks for: the `first` entries that follow the sort key `after`; with null, the list's first ones. */
export interface PageArguments<Key> {
  readonly first: number;
  readonly after: Key | null;
}

/**
 * Reads the arguments of a connection.
 * @param isKey true for what may be a sort key of this list
 * @throws Refusal (BAD_USER_INPUT) unless `first` is 1..200, and for an `after` that is no cursor of this list
 */
export function pageOf<Key extends SortKey>(
  { first, after }: { first: number; after?: string | null | undefined },
  isKey: (value: unknown) => value is Key,
): PageArguments<Key> {
  return {
    first: checkPageSize(first),
    after: typeof after === 'string' ? decodeCursor(after, isKey) : null,
  };
}

/** Returns an opaque cursor: an entry's sort key, so that pages stay right while entries are added. */
export const encodeCursor = (...key: (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

function decodeCursor<Key>(cursor: string, isKey: (value: unknown) => value is Key): Key {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const key = Array.isArray(parts) && (parts.length === 1 ? parts[0] : parts);
    if (isKey(key)) return key;
  } catch {
    // Refused below.
  }
  throw new Refusal(
    'BAD_USER_INPUT',
    'This cursor is not one that this list handed out. Leave `after` out to start from the first page.',
  );
}

/** True for a text without NUL, which PostgreSQL would refuse. */
export const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

/** One page of a list: what a connection of the graph resolves to. */
export interface Page<Row> {
  readonly nodes: Row[];
  /** The same entries, each with its cursor: `after` for the page that follows it. */
  readonly edges: { cursor: string; node: Row }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    /**
     * True for a page behind a cursor: the list handed the cursor out with an entry that comes before this page. That
     * entry may have left the list since then; finding out would cost a statement per page.
     */
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/**
 * Makes a page of the `first + 1` rows that were read.
 * @param keyOf the sort key of a row, from which its cursor is made
 */
export function toPage<Row, Key extends SortKey>(
  rows: readonly Row[],
  { first, after }: PageArguments<Key>,
  keyOf: (row: Row) => Key,
): Page<Row> {
  const nodes = rows.slice(0, first);
  const start = nodes[0];
  const end = nodes.at(-1);
  const cursorOf = (row: Row) => encodeCursor(...[keyOf(row)].flat());
  return {
    nodes,
    get edges() {
      return nodes.map((node) => ({ cursor: cursorOf(node), node }));
    },
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: after !== null,
      startCursor: start ? cursorOf(start) : null,
      endCursor: end ? cursorOf(end) : null,
    },
  };
}

/**
 * Makes a page for each owner, of the `first + 1` rows that were read of each.
 * @param list says whose a row is, and its sort key among the rows of this owner
 */
export function toPages<Row, Key extends SortKey>(
  owners: readonly string[],
  rows: readonly Row[],
  page: PageArguments<Key>,
  { ownerOf, keyOf }: { ownerOf: (row: Row) => string; keyOf: (row: Row) => Key },
): Map<string, Page<Row>> {
  const rowsOf = new Map<string, Row[]>(owners.map((owner) => [owner, []]));
  for (const row of rows) rowsOf.get(ownerOf(row))?.push(row);
  return new Map([...rowsOf].map(([owner, own]) => [owner, toPage(own, page, keyOf)]));
}

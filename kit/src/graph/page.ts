import { Refusal } from '../process/refusal.ts';

/** The largest page. */
export const maxPageSize = 200;

/** @throws Refusal (BAD_USER_INPUT) unless `first` is 1..200. */
export function checkPageSize(first: number): number {
  if (first < 1 || first > maxPageSize)
    throw new Refusal('BAD_USER_INPUT', `first must be from 1 to ${maxPageSize}, not ${first}.`);
  return first;
}

/** Returns an opaque cursor: the sort key of a page's last row, so that pages stay right while rows are added. */
export const encodeCursor = (...key: (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

/**
 * Reads a cursor whose key has the given kinds of parts.
 * @throws Refusal (BAD_USER_INPUT) for a text that is no cursor of this list.
 */
export function decodeCursor<Part extends readonly ((value: unknown) => boolean)[]>(
  cursor: string | null | undefined,
  ...parts: Part
): { [At in keyof Part]: Part[At] extends (value: unknown) => value is infer Value ? Value : never } | null {
  if (cursor === null || cursor === undefined) return null;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.length === parts.length && parts.every((isPart, at) => isPart(key[at])))
      return key as never;
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

/** One page of a list. */
export interface Page<Row> {
  readonly nodes: Row[];
  readonly edges: { cursor: string; node: Row }[];
  readonly pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Makes a page of the `first + 1` rows that were read. */
export function toPage<Row>(rows: readonly Row[], first: number, cursorOf: (row: Row) => string): Page<Row> {
  const nodes = rows.slice(0, first);
  const last = nodes.at(-1);
  return {
    nodes,
    get edges() {
      return nodes.map((node) => ({ cursor: cursorOf(node), node }));
    },
    pageInfo: { hasNextPage: rows.length > first, endCursor: last ? cursorOf(last) : null },
  };
}

/** Makes a page for each owner, of the `first + 1` rows that were read of each; none for an owner without rows. */
export function toPages<Row>(
  rows: readonly Row[],
  ownerOf: (row: Row) => string,
  first: number,
  cursorOf: (row: Row) => string,
): Map<string, Page<Row>> {
  const rowsOf = new Map<string, Row[]>();
  for (const row of rows) {
    const own = rowsOf.get(ownerOf(row));
    if (own) own.push(row);
    else rowsOf.set(ownerOf(row), [row]);
  }
  return new Map([...rowsOf].map(([owner, own]) => [owner, toPage(own, first, cursorOf)]));
}

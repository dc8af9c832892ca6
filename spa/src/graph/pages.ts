import type { FieldPolicy, Reference } from '@apollo/client';

interface Page {
  readonly nodes?: readonly Reference[];
  readonly pageInfo?: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/**
 * A list that is read page by page, by `first` and `after`, and shown as one.
 * @param options.by the other arguments, which tell lists apart
 * @param options.grows whether things are only ever added at its beginning: then the first page, read again, leaves
 *   those behind it as they are. Otherwise it begins the list anew.
 * @param options.key what tells its things apart
 */
export function paged({
  by = [],
  grows = false,
  key = 'id',
}: {
  by?: readonly string[];
  grows?: boolean;
  key?: string;
} = {}): FieldPolicy<Page> {
  return {
    keyArgs: [...by],
    merge: (before, page, { args, readField }) => {
      const keyOf = (node: Reference) => readField(key, node);
      const known = before?.nodes ?? [];
      const read = page.nodes ?? [];
      const readKeys = new Set(read.map(keyOf));
      if (args?.after) {
        const knownKeys = new Set(known.map(keyOf));
        return { ...page, nodes: [...known, ...read.filter((node) => !knownKeys.has(keyOf(node)))] };
      }
      // Where the two do not touch, something in between is not known.
      if (!grows || !before || !known.some((node) => readKeys.has(keyOf(node)))) return page;
      return { ...before, nodes: [...read, ...known.filter((node) => !readKeys.has(keyOf(node)))] };
    },
  };
}

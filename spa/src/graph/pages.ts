import type { FieldPolicy, Reference } from '@apollo/client';

interface Page {
  readonly nodes?: readonly Reference[];
  readonly pageInfo?: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/**
 * Returns the cache's policy for a list that is read page by page, by `first` and `after`, and shown as one list.
 * @param options.by the other arguments: each combination of their values is a separate list
 * @param options.grows true where new nodes only come at the beginning of the list. Then the first page, read again,
 *   is put before the known nodes. Otherwise it replaces the list.
 * @param options.key the field that identifies a node
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
      // Where the two have no node in common, nodes between them may be missing: the page replaces the list.
      if (!grows || !before || !known.some((node) => readKeys.has(keyOf(node)))) return page;
      return { ...before, nodes: [...read, ...known.filter((node) => !readKeys.has(keyOf(node)))] };
    },
  };
}

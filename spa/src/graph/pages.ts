import type { FieldPolicy, Reference } from '@apollo/client';

interface Page {
  readonly nodes?: readonly Reference[];
  readonly pageInfo?: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/**
 * A list that is read page by page, by `first` and `after`, and shown as one. The other arguments tell lists apart.
 * A page without `after` begins the list anew.
 */
export function pagedBy(...keyArgs: string[]): FieldPolicy<Page> {
  return {
    keyArgs,
    merge: (before, page, { args, readField }) => {
      if (!args?.after || !before) return page;
      const known = new Set((before.nodes ?? []).map((node) => readField('id', node)));
      const fresh = (page.nodes ?? []).filter((node) => !known.has(readField('id', node)));
      return { ...page, nodes: [...(before.nodes ?? []), ...fresh] };
    },
  };
}

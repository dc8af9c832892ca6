import { useApolloClient } from '@apollo/client/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { AllTasksDocument, type TaskFilter, type TaskRowFragment } from '../../generated/graph.ts';
import { isReachable, watchConnection } from '../../graph/connection.ts';

interface Read {
  readonly tasks: readonly TaskRowFragment[];
  readonly after: string | null;
  readonly isWhole: boolean;
}
type Join = (before: Read, page: Read) => Read;

const nothing: Read = { tasks: [], after: null, isWhole: false };

const append: Join = (before, page) => ({ ...page, tasks: [...before.tasks, ...page.tasks] });

/**
 * Puts the first page, read again, before the known tasks. Where the two have no task in common, tasks between them
 * may be missing: the page replaces the list.
 */
const renew: Join = (before, page) => {
  const ids = new Set(page.tasks.map(({ id }) => id));
  const others = before.tasks.filter(({ id }) => !ids.has(id));
  if (page.isWhole || others.length === before.tasks.length) return page;
  return { ...before, tasks: [...page.tasks, ...others] };
};

/**
 * Reads the tasks that match a filter, page by page on demand; and the first page again when the graph is reachable
 * again. They are not kept in the graph's cache, which would compare the whole list with itself at every page: users
 * notice that from about ten thousand tasks on.
 */
export function useTaskPages(filter: TaskFilter): {
  tasks: readonly TaskRowFragment[];
  isWhole: boolean;
  isLoading: boolean;
  error: unknown;
  more: () => void;
} {
  const client = useApolloClient();
  const [read, setRead] = useState<Read>();
  const [error, setError] = useState<unknown>();
  /** The request under way. The answer to any other request is ignored. */
  const asking = useRef<object>(undefined);
  const key = JSON.stringify(filter);
  const ask = useCallback(
    async (after: string | null, join: Join) => {
      if (asking.current) return;
      const mine = {};
      asking.current = mine;
      try {
        const { data, error } = await client.query({
          query: AllTasksDocument,
          variables: { filter: JSON.parse(key) as TaskFilter, after },
          fetchPolicy: 'no-cache',
          errorPolicy: 'all',
        });
        if (asking.current !== mine) return;
        setError(error);
        if (!data?.tasks) return;
        const { nodes, pageInfo } = data.tasks;
        const page = { tasks: nodes, after: pageInfo.endCursor, isWhole: !pageInfo.hasNextPage };
        setRead((before = nothing) => join(before, page));
      } catch (problem) {
        if (asking.current === mine) setError(problem);
      } finally {
        if (asking.current === mine) asking.current = undefined;
      }
    },
    [client, key],
  );
  useEffect(() => {
    setRead(undefined);
    void ask(null, append);
    const stop = watchConnection(() => {
      if (isReachable()) void ask(null, renew);
    });
    return () => {
      stop();
      asking.current = undefined;
    };
  }, [ask]);
  return {
    tasks: read?.tasks ?? nothing.tasks,
    isWhole: read?.isWhole ?? false,
    isLoading: read === undefined && error === undefined,
    error,
    more: () => void ask(read?.after ?? null, append),
  };
}

import { useApolloClient } from '@apollo/client/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { AllTasksDocument, type TaskFilter, type TaskRowFragment } from '../../generated/graph.ts';

interface Read {
  readonly tasks: readonly TaskRowFragment[];
  readonly after: string | null;
  readonly isWhole: boolean;
}

const nothing: Read = { tasks: [], after: null, isWhole: false };

/**
 * All tasks that a filter lets through, page by page as they are wanted. They are kept beside the graph's cache, which
 * would compare the whole list with itself at every page: that is felt from some ten thousand tasks on.
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
  /** What is being asked; what comes of anything else is no longer wanted. */
  const asking = useRef<object>(undefined);
  const key = JSON.stringify(filter);
  const ask = useCallback(
    async (before: Read) => {
      if (asking.current) return;
      const mine = {};
      asking.current = mine;
      setError(undefined);
      try {
        const { data } = await client.query({
          query: AllTasksDocument,
          variables: { filter: JSON.parse(key) as TaskFilter, after: before.after },
          fetchPolicy: 'no-cache',
        });
        if (asking.current !== mine || !data) return;
        const { nodes, pageInfo } = data.tasks;
        setRead({
          tasks: [...before.tasks, ...nodes],
          after: pageInfo.endCursor,
          isWhole: !pageInfo.hasNextPage,
        });
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
    void ask(nothing);
    return () => {
      asking.current = undefined;
    };
  }, [ask]);
  return {
    tasks: read?.tasks ?? nothing.tasks,
    isWhole: read?.isWhole ?? false,
    isLoading: read === undefined && error === undefined,
    error,
    more: () => void ask(read ?? nothing),
  };
}

import { useApolloClient } from '@apollo/client/react';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { MyTaskChangesDocument, MyTasksDocument } from '../../generated/graph.ts';
import { useLive } from '../../graph/useLive.ts';
import { putOnTop, takeFrom } from '../task/ownLists.ts';

/** How long to wait for more changes before the lists are read again, and how long at most, in milliseconds. */
const reread = { delay: 300, maxWait: 1_000 };

/** The last change of the list, announced to users of screen readers. */
export interface News {
  readonly kind: 'came' | 'taken';
  readonly title: string;
}

/**
 * Keeps the user's lists up to date. Single changes are applied. After many changes at once, or a change without its
 * task, the lists are read again. Returns the last change.
 */
export function useLiveTasks(): News | undefined {
  const client = useApolloClient();
  const [news, setNews] = useState<News>();
  const rereadSoon = useDebouncedCallback(
    () => void client.refetchQueries({ include: [MyTasksDocument] }).catch(() => undefined),
    reread,
  );
  useLive(MyTaskChangesDocument, {
    onChange: (data) => {
      const change = data?.myTasksChanged;
      if (!change?.task) return rereadSoon();
      const { id, title } = change.task;
      if (change.kind === 'ASSIGNED_TO_ME') putOnTop(client.cache, 'IN_PROGRESS', id);
      else takeFrom(client.cache, 'IN_PROGRESS', id);
      if (change.kind === 'RESOLVED') putOnTop(client.cache, 'DONE', id);
      else setNews({ kind: change.kind === 'ASSIGNED_TO_ME' ? 'came' : 'taken', title });
    },
  });
  return news;
}

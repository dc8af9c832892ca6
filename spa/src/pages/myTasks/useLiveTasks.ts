import { useApolloClient, useSubscription } from '@apollo/client/react';
import { useDebouncedCallback } from '@mantine/hooks';
import { MyTaskChangesDocument, MyTasksDocument } from '../../generated/graph.ts';
import { putOnTop, takeFrom } from '../task/useResolveTask.ts';

/** How long changes may go on before the lists are read again, in milliseconds. */
const rereadAfterMs = 300;

/** Keeps the user's lists as they are now: single changes are applied, after many at once the lists are read again. */
export function useLiveTasks(): void {
  const client = useApolloClient();
  const rereadSoon = useDebouncedCallback(
    () => void client.refetchQueries({ include: [MyTasksDocument] }).catch(() => undefined),
    rereadAfterMs,
  );
  useSubscription(MyTaskChangesDocument, {
    context: { endless: true },
    onData: ({ data: { data } }) => {
      const change = data?.myTasksChanged;
      if (!change?.task) return rereadSoon();
      const { id } = change.task;
      if (change.kind === 'ASSIGNED_TO_ME') putOnTop(client.cache, 'IN_PROGRESS', id);
      else takeFrom(client.cache, 'IN_PROGRESS', id);
      if (change.kind === 'RESOLVED') putOnTop(client.cache, 'DONE', id);
    },
  });
}

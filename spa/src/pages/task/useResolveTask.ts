import { useMutation } from '@apollo/client/react';
import { useTranslations } from 'use-intl';
import { ResolveTaskDocument, type TaskRowFragment } from '../../generated/graph.ts';
import { useMoney } from '../../ui/Amount.tsx';
import { refusalOf, useProblem } from '../../ui/problems.tsx';
import { useTell } from '../../ui/tell.ts';
import { putOnTop, takeFrom } from './ownLists.ts';

/**
 * Returns a function that marks a task as done. The page shows the change at once. Where the graph refuses it, the
 * page takes the change back and shows the reason.
 */
export function useResolveTask(): (task: TaskRowFragment) => Promise<void> {
  const t = useTranslations('task');
  const money = useMoney();
  const problem = useProblem();
  const tell = useTell();
  const [resolve] = useMutation(ResolveTaskDocument);
  return async ({ id, completionReward }) => {
    try {
      await resolve({
        variables: { id },
        optimisticResponse: {
          resolveTask: {
            __typename: 'Task',
            id,
            status: 'DONE',
            resolvedAt: new Date().toISOString(),
          },
        },
        update: (cache) => {
          takeFrom(cache, 'IN_PROGRESS', id);
          putOnTop(cache, 'DONE', id);
        },
      });
    } catch (error) {
      const code = refusalOf(error)?.code;
      const why =
        code === 'CONFLICT' ? t('doneAlready') : code === 'FORBIDDEN' ? t('notYours') : problem(error);
      tell(t('refused', { why }), 'refused');
      return;
    }
    if (completionReward !== null)
      tell(t('doneNotice', { reward: money(completionReward, { signed: true }) }));
  };
}

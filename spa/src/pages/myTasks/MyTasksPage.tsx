import { useQuery } from '@apollo/client/react';
import { Button, Group, Stack, Tabs, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { lazy, Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import { MyTasksDocument, type TaskRowFragment } from '../../generated/graph.ts';
import { useMay } from '../../session/useSession.ts';
import { Empty } from '../../ui/Empty.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { NewTask } from '../task/NewTask.tsx';
import { TaskCard } from '../task/TaskCard.tsx';
import { useResolveTask } from '../task/useResolveTask.ts';
import { useShowTask } from '../task/useShowTask.ts';
import { useLiveTasks } from './useLiveTasks.ts';

const Reassign = lazy(async () => ({ default: (await import('./Reassign.tsx')).Reassign }));

/** What the user has to do, live; the form for a new task; and what is done. */
export function MyTasksPage() {
  const t = useTranslations();
  const mayReassign = useMay('tasks:reassign');
  useLiveTasks();
  return (
    <Stack maw={820} mx="auto">
      <Title order={1} size="h3">
        {t('nav.myTasks')}
      </Title>
      <Suspense>{mayReassign && <Reassign />}</Suspense>
      <NewTask />
      <Tabs defaultValue="IN_PROGRESS" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="IN_PROGRESS">{t('myTasks.open')}</Tabs.Tab>
          <Tabs.Tab value="DONE">{t('myTasks.done')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="IN_PROGRESS" pt="sm">
          <OwnTasks
            status="IN_PROGRESS"
            emptyTitle={t('myTasks.emptyOpen')}
            emptyHint={t('myTasks.emptyOpenHint')}
          />
        </Tabs.Panel>
        <Tabs.Panel value="DONE" pt="sm">
          <OwnTasks
            status="DONE"
            emptyTitle={t('myTasks.emptyDone')}
            emptyHint={t('myTasks.emptyDoneHint')}
          />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function OwnTasks({
  status,
  emptyTitle,
  emptyHint,
}: {
  status: TaskRowFragment['status'];
  emptyTitle: string;
  emptyHint: string;
}) {
  const t = useTranslations();
  const result = useQuery(MyTasksDocument, { variables: { status, after: null } });
  return (
    <Loaded result={result}>
      {({ myTasks: { nodes, pageInfo } }) => (
        <>
          {nodes.length === 0 ? <Empty title={emptyTitle} hint={emptyHint} /> : <TaskList tasks={nodes} />}
          {pageInfo.hasNextPage && (
            <Group justify="center" mt="sm">
              <Button
                variant="light"
                onClick={() => void result.fetchMore({ variables: { after: pageInfo.endCursor } })}
              >
                {t('common.more')}
              </Button>
            </Group>
          )}
        </>
      )}
    </Loaded>
  );
}

/** The list, which keys go through: j and k choose, d marks as done, Enter shows. */
function TaskList({ tasks }: { tasks: readonly TaskRowFragment[] }) {
  const resolve = useResolveTask();
  const showTask = useShowTask();
  const [selectedId, setSelectedId] = useState<string | undefined>();
  const at = tasks.findIndex(({ id }) => id === selectedId);
  const selected = tasks[at];
  const select = (index: number) => {
    const task = tasks[Math.min(tasks.length - 1, Math.max(0, index))];
    setSelectedId(task?.id);
    document.getElementById(`task-${task?.id}`)?.scrollIntoView({ block: 'nearest' });
  };
  const done = (task: TaskRowFragment) => {
    // The one after it is next.
    if (task.id === selectedId) setSelectedId((tasks[at + 1] ?? tasks[at - 1])?.id);
    void resolve(task);
  };
  useHotkeys([
    ['j', () => select(at + 1)],
    ['k', () => select(at - 1)],
    ['d', () => selected?.status === 'IN_PROGRESS' && done(selected)],
    ['Enter', () => selected && showTask(selected.id), { preventDefault: false }],
  ]);
  return (
    <Stack gap="xs">
      {tasks.map((task) => (
        <div key={task.id} id={`task-${task.id}`}>
          <TaskCard
            task={task}
            isSelected={task.id === selectedId}
            onShow={() => showTask(task.id)}
            {...(task.status === 'IN_PROGRESS' ? { onDone: () => done(task) } : {})}
          />
        </div>
      ))}
    </Stack>
  );
}

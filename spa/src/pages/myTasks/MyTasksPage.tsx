import { useQuery } from '@apollo/client/react';
import { Stack, Title, VisuallyHidden } from '@mantine/core';
import { Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import { lazily } from '../../app/lazily.ts';
import { useKeys } from '../../app/useKeys.ts';
import { MyTasksDocument, type TaskRowFragment } from '../../generated/graph.ts';
import { useMay } from '../../session/useSession.ts';
import { Empty } from '../../ui/Empty.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { NewTask } from '../task/NewTask.tsx';
import { TaskCard } from '../task/TaskCard.tsx';
import { useResolveTask } from '../task/useResolveTask.ts';
import { useShowTask } from '../task/useShowTask.ts';
import { useLiveTasks } from './useLiveTasks.ts';

const Reassign = lazily(async () => (await import('./Reassign.tsx')).Reassign);

/** The user's open tasks, live; the form for a new task; and the user's done tasks. */
export function MyTasksPage() {
  const t = useTranslations();
  const mayReassign = useMay('tasks:reassign');
  const news = useLiveTasks();
  return (
    <Stack maw={820} mx="auto">
      <Title order={1} size="h3">
        {t('nav.myTasks')}
      </Title>
      <Suspense>{mayReassign && <Reassign />}</Suspense>
      <NewTask />
      <VisuallyHidden role="status">
        {news && t(`myTasks.${news.kind}`, { title: news.title })}
      </VisuallyHidden>
      <Title order={2} size="h5">
        {t('myTasks.open')}
      </Title>
      <OwnTasks
        status="IN_PROGRESS"
        emptyTitle={t('myTasks.emptyOpen')}
        emptyHint={t('myTasks.emptyOpenHint')}
      />
      <Title order={2} size="h5" mt="md">
        {t('myTasks.done')}
      </Title>
      <OwnTasks status="DONE" emptyTitle={t('myTasks.emptyDone')} emptyHint={t('myTasks.emptyDoneHint')} />
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
  const result = useQuery(MyTasksDocument, { variables: { status, after: null } });
  return (
    <Loaded result={result}>
      {({ myTasks: { nodes, pageInfo } }) => (
        <>
          {nodes.length === 0 ? (
            <Empty title={emptyTitle} hint={emptyHint} />
          ) : status === 'DONE' ? (
            <DoneList tasks={nodes} />
          ) : (
            <OpenList tasks={nodes} />
          )}
          <ShowMore
            page={pageInfo}
            read={(after) => result.fetchMore({ variables: { after }, errorPolicy: 'all' })}
          />
        </>
      )}
    </Loaded>
  );
}

function DoneList({ tasks }: { tasks: readonly TaskRowFragment[] }) {
  const showTask = useShowTask();
  return (
    <Stack gap="xs">
      {tasks.map((task) => (
        <TaskCard key={task.id} task={task} onShow={() => showTask(task.id)} />
      ))}
    </Stack>
  );
}

/** The open tasks, with keys: j and k select a task, Enter shows the selected task, d marks it as done. */
function OpenList({ tasks }: { tasks: readonly TaskRowFragment[] }) {
  const resolve = useResolveTask();
  const showTask = useShowTask();
  const [selectedId, setSelectedId] = useState<string | undefined>();
  const at = tasks.findIndex(({ id }) => id === selectedId);
  const selected = tasks[at];
  const cardOf = (task: TaskRowFragment | undefined) => document.getElementById(`task-${task?.id}`);
  // The first button of a card shows its task.
  const focus = (task: TaskRowFragment | undefined) => cardOf(task)?.querySelector('button')?.focus();
  const select = (task: TaskRowFragment | undefined) => {
    setSelectedId(task?.id);
    focus(task);
  };
  const done = (task: TaskRowFragment) => {
    // The next task is selected; after the last one, the task before it.
    const here = tasks.indexOf(task);
    const next = tasks[here + 1] ?? tasks[here - 1];
    if (task.id === selectedId) select(next);
    else if (cardOf(task)?.contains(document.activeElement)) focus(next);
    void resolve(task);
  };
  useKeys([
    ['j', () => select(tasks[Math.min(tasks.length - 1, at + 1)])],
    ['k', () => select(tasks[Math.max(0, at - 1)])],
    ['d', () => selected && done(selected)],
  ]);
  return (
    <Stack gap="xs">
      {tasks.map((task) => (
        <div key={task.id} id={`task-${task.id}`}>
          <TaskCard
            task={task}
            isSelected={task.id === selectedId}
            onShow={() => showTask(task.id)}
            onDone={() => done(task)}
          />
        </div>
      ))}
    </Stack>
  );
}

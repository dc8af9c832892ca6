import { useFragment, useQuery } from '@apollo/client/react';
import {
  Badge,
  Group,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
  Title,
  UnstyledButton,
} from '@mantine/core';
import { useDebouncedCallback, useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useTranslations } from 'use-intl';
import {
  FindPeopleDocument,
  PersonDocument,
  type TaskFilter,
  type TaskRowFragment,
  TaskStatusNowFragmentDoc,
} from '../../generated/graph.ts';
import { useMay } from '../../session/useSession.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Outline } from '../../ui/Loaded.tsx';
import { Moment } from '../../ui/moments.tsx';
import { LoadProblem } from '../../ui/problems.tsx';
import { Status } from '../../ui/Status.tsx';
import { useShowTask } from '../task/useShowTask.ts';
import { useTaskPages } from './useTaskPages.ts';

/** A row's height in pixels. */
const rowHeight = 64;
/** How many rows before the end of the list the next page is read. */
const aheadRows = 30;

/** All tasks, filtered by status, text and assignee. The filters are in the address. */
export function AllTasksPage() {
  const t = useTranslations();
  const mayFilterByPerson = useMay('users:list');
  const [parameters, setParameters] = useSearchParams();
  const set = (name: string, value: string | null) =>
    setParameters(
      (before) => {
        if (value) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true },
    );
  const [typed, setTyped] = useState(parameters.get('search') ?? '');
  const searched = parameters.get('search') ?? '';
  const sent = useRef(searched);
  const searchSoon = useDebouncedCallback((text: string) => {
    sent.current = text.trim();
    set('search', sent.current);
  }, 250);
  // The address may change without typing, for example by the menu or the back button.
  useEffect(() => {
    if (searched === sent.current) return;
    sent.current = searched;
    setTyped(searched);
  }, [searched]);
  const status = parameters.get('status');
  const filter: TaskFilter = {
    ...(status === 'IN_PROGRESS' || status === 'DONE' ? { status } : {}),
    ...(parameters.get('search') ? { search: parameters.get('search') } : {}),
    ...(mayFilterByPerson && parameters.get('assignee') ? { assigneeId: parameters.get('assignee') } : {}),
  };
  return (
    <Stack maw={1000} mx="auto">
      <Title order={1} size="h3">
        {t('nav.allTasks')}
      </Title>
      <Group gap="sm" align="flex-end">
        <TextInput
          flex={1}
          miw={180}
          aria-label={t('allTasks.search')}
          placeholder={t('allTasks.search')}
          leftSection={<IconSearch size={16} />}
          value={typed}
          onChange={({ currentTarget: { value } }) => {
            setTyped(value);
            searchSoon(value);
          }}
        />
        {mayFilterByPerson && (
          <AssigneeSelect value={parameters.get('assignee')} onChange={(id) => set('assignee', id)} />
        )}
        <SegmentedControl
          aria-label={t('allTasks.status')}
          value={filter.status ?? ''}
          onChange={(chosen) => set('status', chosen)}
          data={[
            { value: '', label: t('allTasks.any') },
            { value: 'IN_PROGRESS', label: t('task.status.IN_PROGRESS') },
            { value: 'DONE', label: t('task.status.DONE') },
          ]}
        />
      </Group>
      <FilteredTasks filter={filter} />
    </Stack>
  );
}

function AssigneeSelect({
  value,
  onChange,
}: {
  value: string | null;
  onChange: (id: string | null) => void;
}) {
  const t = useTranslations('allTasks');
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), 200);
  const chosen = useQuery(PersonDocument, { variables: { id: value ?? '' }, skip: value === null }).data
    ?.user;
  // The field also contains the name of the chosen user, which was not typed.
  const isTyped = search !== '' && search !== chosen?.name;
  const { data } = useQuery(FindPeopleDocument, { variables: { search: isTyped ? search : null } });
  const found = data?.users.nodes ?? [];
  return (
    <Select
      w={200}
      searchable
      clearable
      aria-label={t('assignee')}
      placeholder={t('anybody')}
      value={value}
      onChange={onChange}
      onSearchChange={setTyped}
      // The graph has searched already, not only by name.
      filter={({ options }) => options}
      data={(found.some(({ id }) => id === value) || !chosen ? found : [chosen, ...found]).map(
        ({ id, name }) => ({
          value: id,
          label: name,
        }),
      )}
      clearButtonProps={{ 'aria-label': t('anybody') }}
    />
  );
}

function FilteredTasks({ filter }: { filter: TaskFilter }) {
  const t = useTranslations('allTasks');
  const { tasks, isWhole, isLoading, error, more } = useTaskPages(filter);
  if (error !== undefined && tasks.length === 0) return <LoadProblem error={error} onRetry={more} />;
  if (isLoading) return <Outline rows={8} />;
  if (tasks.length === 0) return <Empty title={t('empty')} hint={t('emptyHint')} />;
  return (
    <>
      {error !== undefined && <LoadProblem error={error} isPartial onRetry={more} />}
      <VirtualList tasks={tasks} isWhole={isWhole} onNearEnd={more} />
    </>
  );
}

function VirtualList({
  tasks,
  isWhole,
  onNearEnd,
}: {
  tasks: readonly TaskRowFragment[];
  isWhole: boolean;
  onNearEnd: () => void;
}) {
  const t = useTranslations('allTasks');
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const nearEnd = useRef(onNearEnd);
  nearEnd.current = onNearEnd;
  useEffect(() => {
    if (!isWhole && last >= tasks.length - aheadRows) nearEnd.current();
  }, [last, isWhole, tasks.length]);
  return (
    <section
      ref={scroller}
      style={{ height: 'calc(100dvh - 220px)', minHeight: 320, overflow: 'auto' }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling element must be reachable by keyboard
      tabIndex={0}
      aria-label={t('list')}
      data-testid="tasks"
    >
      <ul
        style={{
          height: rows.getTotalSize(),
          position: 'relative',
          margin: 0,
          padding: 0,
          listStyle: 'none',
        }}
      >
        {shown.map(({ index, start }) => (
          <li
            key={tasks[index]?.id}
            aria-posinset={index + 1}
            aria-setsize={isWhole ? tasks.length : -1}
            style={{
              position: 'absolute',
              insetInline: 0,
              top: 0,
              height: rowHeight,
              transform: `translateY(${start}px)`,
            }}
          >
            <Row task={tasks[index] as TaskRowFragment} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Row({ task }: { task: TaskRowFragment }) {
  const t = useTranslations();
  // The status that was read last, for example when the task was marked as done beside the list.
  const now = useFragment({
    fragment: TaskStatusNowFragmentDoc,
    from: { __typename: 'Task', id: task.id },
  });
  const status = (now.complete ? now.data.status : undefined) ?? task.status;
  const showTask = useShowTask();
  return (
    <UnstyledButton
      onClick={() => showTask(task.id)}
      w="100%"
      h="100%"
      px="xs"
      className="taskRow"
      style={{ borderBottom: '1px solid var(--mantine-color-default-border)' }}
    >
      <Group wrap="nowrap" gap="sm" justify="space-between">
        <div style={{ minWidth: 0, flex: 1 }}>
          <Group gap={6} wrap="nowrap">
            {task.jiraId !== null && (
              <Badge variant="light" color="gray" size="sm" autoContrast style={{ flexShrink: 0 }}>
                {task.jiraId}
              </Badge>
            )}
            <Text truncate size="sm" fw={500}>
              {task.title}
            </Text>
          </Group>
          <Text size="xs" c="dimmed" truncate>
            {task.assignee?.name ?? t('common.unknown')} · <Moment at={task.createdAt} />
          </Text>
        </div>
        <Text size="sm" visibleFrom="sm" c="dimmed">
          <Amount value={task.assignmentFee} size="sm" /> / <Amount value={task.completionReward} size="sm" />
        </Text>
        <Status tone={status === 'DONE' ? 'good' : 'busy'}>{t(`task.status.${status}`)}</Status>
      </Group>
    </UnstyledButton>
  );
}

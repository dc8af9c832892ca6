import { useQuery } from '@apollo/client/react';
import { Badge, Button, Drawer, Group, Stack, Table, Text, Timeline, Title } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import { useTranslations } from 'use-intl';
import { TaskDetailsDocument, type TaskDetailsQuery } from '../../generated/graph.ts';
import { useUser } from '../../session/useSession.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Moment } from '../../ui/moments.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { useReturnFocus } from '../../ui/useReturnFocus.ts';
import { useResolveTask } from './useResolveTask.ts';
import { useShowTask } from './useShowTask.ts';

/** Shows, beside the page, the task whose id is in the address. */
export function TaskDrawer() {
  const t = useTranslations();
  const [parameters] = useSearchParams();
  const showTask = useShowTask();
  useReturnFocus();
  const id = parameters.get('task');
  return (
    <Drawer
      opened
      onClose={() => showTask(null)}
      position="right"
      title={t('task.details')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {id !== null && <Details id={id} />}
    </Drawer>
  );
}

function Details({ id }: { id: string }) {
  const t = useTranslations('task');
  const result = useQuery(TaskDetailsDocument, { variables: { id, after: null } });
  return (
    <Loaded result={result} rows={5}>
      {({ task }) =>
        task ? (
          <>
            <Task task={task} />
            <ShowMore
              page={task.assignments.pageInfo}
              read={(after) => result.fetchMore({ variables: { after }, errorPolicy: 'all' })}
            />
          </>
        ) : (
          <Empty title={t('notFound')} hint={t('notFoundHint')} />
        )
      }
    </Loaded>
  );
}

function Task({ task }: { task: NonNullable<TaskDetailsQuery['task']> }) {
  const t = useTranslations();
  const user = useUser();
  const resolve = useResolveTask();
  const facts: [string, React.ReactNode][] = [
    [t('allTasks.status'), t(`task.status.${task.status}`)],
    [t('task.assignee'), task.assignee?.name ?? t('common.unknown')],
    [t('task.creator'), task.creator?.name ?? t('common.unknown')],
    [t('task.fee'), <Amount key="fee" value={task.assignmentFee} size="sm" />],
    [t('task.reward'), <Amount key="reward" value={task.completionReward} size="sm" />],
    [t('task.created'), <Moment key="created" at={task.createdAt} />],
    ...(task.resolvedAt === null
      ? []
      : [[t('task.resolved'), <Moment key="resolved" at={task.resolvedAt} />] as [string, React.ReactNode]]),
  ];
  return (
    <Stack>
      <div>
        {task.jiraId !== null && (
          <Badge variant="light" color="gray" autoContrast>
            {task.jiraId}
          </Badge>
        )}
        <Title order={2} size="h4">
          {task.title}
        </Title>
      </div>
      <Text
        {...(task.description === '' ? { c: 'dimmed' } : {})}
        style={{ whiteSpace: 'pre-wrap' }}
        size="sm"
      >
        {task.description === '' ? t('task.noDescription') : task.description}
      </Text>
      <Table variant="vertical" layout="fixed">
        <Table.Tbody>
          {facts.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th w={130}>{name}</Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {task.status === 'IN_PROGRESS' && task.assignee?.id === user.id && (
        <Button leftSection={<IconCheck size={18} />} onClick={() => void resolve(task)}>
          {t('task.done')}
        </Button>
      )}
      <Title order={3} size="h5">
        {t('task.history')}
      </Title>
      <Timeline active={0} bulletSize={14} lineWidth={2}>
        {task.assignments.nodes.map(({ id, assignee, assignedAt, reassignment }) => (
          <Timeline.Item key={id} title={assignee?.name ?? t('common.unknown')}>
            <Group gap={6}>
              <Text size="xs" c="dimmed">
                <Moment at={assignedAt} />, {reassignment ? t('task.byReassignment') : t('task.byCreation')}
              </Text>
            </Group>
          </Timeline.Item>
        ))}
      </Timeline>
    </Stack>
  );
}

import { ActionIcon, Badge, Card, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useTranslations } from 'use-intl';
import type { TaskRowFragment } from '../../generated/graph.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Moment } from '../../ui/moments.tsx';

/** One of the user's own tasks: its title, fee, reward and age. */
export function TaskCard({
  task,
  isSelected = false,
  onShow,
  onDone,
}: {
  task: TaskRowFragment;
  isSelected?: boolean;
  onShow: () => void;
  onDone?: () => void;
}) {
  const t = useTranslations('task');
  return (
    <Card
      withBorder
      padding="sm"
      className="taskRow"
      {...(isSelected ? { 'data-selected': true } : {})}
      data-testid="task"
    >
      <Group wrap="nowrap" justify="space-between" gap="sm">
        <Stack gap={2} miw={0} flex={1}>
          <UnstyledButton onClick={onShow} miw={0}>
            <Group gap={6} wrap="nowrap">
              {task.jiraId !== null && (
                <Badge variant="light" color="gray" size="sm" style={{ flexShrink: 0 }} autoContrast>
                  {task.jiraId}
                </Badge>
              )}
              <Text fw={500} truncate td={task.status === 'DONE' ? 'line-through' : undefined}>
                {task.title}
              </Text>
            </Group>
          </UnstyledButton>
          <Group gap="md" style={{ rowGap: 0 }}>
            <Text size="sm" c="dimmed">
              {t('fee')} <Amount value={task.assignmentFee} size="sm" />
            </Text>
            <Text size="sm" c="dimmed">
              {t('reward')} <Amount value={task.completionReward} size="sm" c="var(--gain)" />
            </Text>
            <Text size="sm" c="dimmed">
              {task.resolvedAt === null ? (
                <Moment at={task.createdAt} relative />
              ) : (
                <>
                  {t('resolved')} <Moment at={task.resolvedAt} relative />
                </>
              )}
            </Text>
          </Group>
        </Stack>
        {onDone && (
          <ActionIcon
            size="xl"
            radius="xl"
            variant="light"
            onClick={onDone}
            title={t('done')}
            aria-label={t('markDone', { title: task.title })}
          >
            <IconCheck size={20} />
          </ActionIcon>
        )}
      </Group>
    </Card>
  );
}

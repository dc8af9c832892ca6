import { useFragment, useMutation, useQuery, useSubscription } from '@apollo/client/react';
import { Button, Card, Group, Modal, Progress, Radio, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowsShuffle, IconPlayerStop } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import {
  CancelReassignmentDocument,
  NewestReassignmentsDocument,
  type OnRunning,
  ReassignmentProgressDocument,
  type ReassignmentStateFragment,
  ReassignmentStateFragmentDoc,
  ReassignTasksDocument,
} from '../../generated/graph.ts';
import { useTellProblem } from '../../ui/problems.tsx';

const choices = ['JOIN', 'SUPERSEDE', 'QUEUE'] as const satisfies readonly OnRunning[];

const isUnderWay = ({ status }: Pick<ReassignmentStateFragment, 'status'>) =>
  status === 'QUEUED' || status === 'RUNNING';

/** The button that reassigns all open tasks, the progress of each run, and the button that stops it. */
export function Reassign() {
  const t = useTranslations('reassign');
  const common = useTranslations('common');
  const tellProblem = useTellProblem();
  const [isAsking, asking] = useDisclosure();
  const [onRunning, setOnRunning] = useState<OnRunning>('JOIN');
  const [pressedId, setPressedId] = useState<string>();
  const newest = useQuery(NewestReassignmentsDocument);
  const [press, { loading }] = useMutation(ReassignTasksDocument);
  const underWay = (newest.data?.reassignments.nodes ?? []).filter(isUnderWay).toReversed();
  // Runs under way, by any user, in the order in which they run; and the run started here, also after its end.
  const shownIds = new Set([
    ...underWay.map(({ id }) => id),
    ...(pressedId === undefined ? [] : [pressedId]),
  ]);
  const start = async () => {
    try {
      const { data } = await press({ variables: { onRunning } });
      setPressedId(data?.reassignTasks.id);
      asking.close();
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <>
      <Group justify="space-between" wrap="nowrap">
        <Button
          variant="light"
          leftSection={<IconArrowsShuffle size={18} />}
          onClick={() => {
            // The choice of the last time does not count for this time.
            setOnRunning('JOIN');
            void newest.refetch().catch(() => undefined);
            asking.open();
          }}
        >
          {t('button')}
        </Button>
      </Group>
      {[...shownIds].map((id) => (
        <Running key={id} id={id} />
      ))}
      <Modal
        opened={isAsking}
        onClose={asking.close}
        title={t('title')}
        closeButtonProps={{ 'aria-label': common('close') }}
      >
        <Stack>
          <Text size="sm">{t('lead')}</Text>
          {underWay.length > 0 && (
            <Radio.Group
              value={onRunning}
              onChange={(chosen) => setOnRunning(chosen as OnRunning)}
              label={t('running')}
            >
              <Stack gap="xs" mt="xs">
                {choices.map((choice) => (
                  <Radio key={choice} value={choice} label={t(choice)} description={t(`hints.${choice}`)} />
                ))}
              </Stack>
            </Radio.Group>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={asking.close}>
              {common('cancel')}
            </Button>
            <Button loading={loading} onClick={() => void start()} data-autofocus>
              {t('start')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

function Running({ id }: { id: string }) {
  const t = useTranslations('reassign');
  const tellProblem = useTellProblem();
  const [cancel, { loading }] = useMutation(CancelReassignmentDocument);
  const { data, complete } = useFragment({
    fragment: ReassignmentStateFragmentDoc,
    fragmentName: 'ReassignmentState',
    from: { __typename: 'Reassignment', id },
  });
  useSubscription(ReassignmentProgressDocument, {
    variables: { id },
    skip: complete && !isUnderWay(data),
    // The subscription completes when the run ends. Before that, the gateway may complete it.
    context: { endless: true },
    errorPolicy: 'all',
  });
  if (!complete) return null;
  const share =
    data.total === 0 ? (data.status === 'COMPLETED' ? 100 : 0) : (100 * data.processed) / data.total;
  return (
    <Card withBorder padding="sm" data-testid="reassignment">
      <Group justify="space-between" gap="xs" mb={6}>
        <Text size="sm" fw={500} role="status">
          {t(`status.${data.status}`)}
        </Text>
        <Text size="sm" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums' }}>
          {t('progress', { processed: data.processed, total: data.total })}
        </Text>
      </Group>
      <Group wrap="nowrap">
        <Progress flex={1} value={share} animated={isUnderWay(data)} aria-label={t('title')} />
        {isUnderWay(data) && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            loading={loading}
            leftSection={<IconPlayerStop size={14} />}
            onClick={() => void cancel({ variables: { id } }).catch(tellProblem)}
          >
            {t('cancel')}
          </Button>
        )}
      </Group>
    </Card>
  );
}

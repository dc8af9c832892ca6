import { useMutation, useQuery } from '@apollo/client/react';
import { Button, Card, Group, Progress, Stack, Text } from '@mantine/core';
import { IconMoonStars } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useCompany } from '../../app/useCompany.ts';
import {
  CloseDayDocument,
  CompanyDocument,
  type PayoutRunRowFragment,
  PayoutRunsDocument,
} from '../../generated/graph.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { FormModal } from '../../ui/FormModal.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Moment, useDay } from '../../ui/moments.tsx';
import { useTellProblem } from '../../ui/problems.tsx';
import { Reread } from '../../ui/Reread.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { Status } from '../../ui/Status.tsx';

/** The interval at which a run that is under way is read again, in milliseconds. */
const lookEveryMs = 1_000;

/** The closed days, the newest first, with the progress of their payouts; and the button that closes today. */
export function PayoutRuns() {
  const t = useTranslations();
  const dayText = useDay();
  const tellProblem = useTellProblem();
  const company = useCompany();
  /** Today, where it is closed already. */
  const [closedDay, setClosedDay] = useState<string>();
  /** The day that the dialog asks about. It stays the same day, also after midnight. */
  const [closing, setClosing] = useState<string>();
  const result = useQuery(PayoutRunsDocument, { variables: { after: null } });
  const isUnderWay = result.data?.payoutRuns.nodes.some(({ status }) => status === 'RUNNING') ?? false;
  const [closeDay] = useMutation(CloseDayDocument, {
    refetchQueries: [PayoutRunsDocument, CompanyDocument],
    awaitRefetchQueries: true,
  });
  const ask = async () => {
    try {
      // The page may have been loaded yesterday.
      const { today, billingDay } = (await company.refetch()).data?.company ?? {};
      const isClosed = today !== undefined && billingDay !== undefined && billingDay > today;
      setClosedDay(isClosed ? today : undefined);
      setClosing(isClosed ? undefined : today);
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <Stack>
      <Group>
        <Button leftSection={<IconMoonStars size={18} />} onClick={() => void ask()}>
          {t('operations.closeDay')}
        </Button>
        {closedDay !== undefined && (
          <Text size="sm" c="dimmed" role="status">
            {t('operations.closedAlready', { day: dayText(closedDay) })}
          </Text>
        )}
      </Group>
      <Loaded result={result}>
        {({ payoutRuns: { nodes, pageInfo } }) => (
          <>
            {isUnderWay && <Reread everyMs={lookEveryMs} refetch={result.refetch} />}
            {nodes.length === 0 && <Empty title={t('operations.noRuns')} hint={t('operations.noRunsHint')} />}
            {nodes.map((run) => (
              <Run key={run.id} run={run} />
            ))}
            <ShowMore
              page={pageInfo}
              read={(after) => result.fetchMore({ variables: { after }, errorPolicy: 'all' })}
            />
          </>
        )}
      </Loaded>
      {closing !== undefined && (
        <FormModal
          title={t('operations.closeTitle', { day: dayText(closing) })}
          submit={t('operations.close')}
          onSubmit={() => closeDay({ variables: { day: closing } })}
          onClose={() => setClosing(undefined)}
        >
          <Text size="sm">{t('operations.closeLead')}</Text>
        </FormModal>
      )}
    </Stack>
  );
}

function Run({ run }: { run: PayoutRunRowFragment }) {
  const t = useTranslations('operations');
  const dayText = useDay();
  const { accountsProcessed: processed, accountsTotal: total } = run;
  return (
    <Card withBorder padding="sm" data-testid="payout-run">
      <Group justify="space-between">
        <Text fw={500}>{dayText(run.day, 'long')}</Text>
        <Status tone={run.status === 'COMPLETED' ? 'good' : 'busy'}>{t(`status.${run.status}`)}</Status>
      </Group>
      {run.status === 'RUNNING' && (
        <Progress
          value={total === 0 ? 0 : (100 * processed) / total}
          animated
          my={6}
          aria-label={`${dayText(run.day)}: ${t('status.RUNNING')}`}
        />
      )}
      <Group gap="md">
        <Text size="sm">
          {t('paidTotal')}: <Amount value={run.paidTotal} size="sm" fw={600} />
        </Text>
        <Text size="sm" c="dimmed">
          {t('run', { processed, total, paid: run.payoutCount })}
        </Text>
        <Text size="sm" c="dimmed">
          <Moment at={run.finishedAt ?? run.startedAt} />
        </Text>
      </Group>
    </Card>
  );
}

import { useQuery } from '@apollo/client/react';
import { Anchor, Paper, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { Suspense } from 'react';
import { useFormatter, useTranslations } from 'use-intl';
import { InRange } from '../../app/InRange.tsx';
import { lazily } from '../../app/lazily.ts';
import {
  type AnalyticsDayRowFragment,
  AnalyticsDaysDocument,
  AnalyticsTodayDocument,
  type DearestFragment,
  DearestTasksDocument,
} from '../../generated/graph.ts';
import { useLive } from '../../graph/useLive.ts';
import { Amount, useMoney } from '../../ui/Amount.tsx';
import type { Range } from '../../ui/DayRange.tsx';
import { Figure } from '../../ui/Figure.tsx';
import { Loaded, Outline } from '../../ui/Loaded.tsx';
import { useDay } from '../../ui/moments.tsx';
import { LoadProblem } from '../../ui/problems.tsx';
import { useRereadOn } from '../account/useRereadOn.ts';
import { useShowTask } from '../task/useShowTask.ts';

const Chart = lazily(async () => (await import('../../ui/Chart.tsx')).Chart);

/** The figures for admins: today's, live, and those of each day of a range. */
export function AnalyticsPage() {
  const t = useTranslations();
  const format = useFormatter();
  const dayText = useDay();
  const now = useLive(AnalyticsTodayDocument)?.analyticsDayChanged;
  return (
    <Stack maw={1100} mx="auto">
      <Title order={1} size="h3">
        {t('nav.analytics')}
      </Title>
      <Title order={2} size="h5">
        {now ? dayText(now.day, 'long') : '…'}
      </Title>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 5 }} data-testid="analytics-today">
        <Figure label={t('analytics.earned')}>
          <Amount value={now?.topManagementEarned} coloured size="xl" fw={700} />
        </Figure>
        <Figure label={t('analytics.inTheRed')}>
          <Text size="xl" fw={700}>
            {now ? format.number(now.employeesInTheRed) : '—'}
          </Text>
        </Figure>
        <Dearest resolved={now?.tasksResolved} />
      </SimpleGrid>
      <InRange dayNow={now?.day}>{(range) => <DaysOf range={range} />}</InRange>
    </Stack>
  );
}

function Dearest({ resolved }: { resolved: number | undefined }) {
  const t = useTranslations('analytics');
  const showTask = useShowTask();
  const result = useQuery(DearestTasksDocument);
  // Only a task that is done can become the most expensive one.
  useRereadOn(String(resolved), result.refetch);
  const { data, error } = result;
  if (error && !data) return <LoadProblem error={error} onRetry={() => void result.refetch()} />;
  const of: Record<'DAY' | 'WEEK' | 'MONTH', DearestFragment | null | undefined> = {
    DAY: data?.ofDay,
    WEEK: data?.ofWeek,
    MONTH: data?.ofMonth,
  };
  return (['DAY', 'WEEK', 'MONTH'] as const).map((period) => {
    const found = of[period];
    return (
      <Figure key={period} label={t(`dearest.${period}`)}>
        {found ? (
          <>
            <Amount value={found.reward} size="xl" fw={700} />
            {found.task && (
              <Anchor
                component="button"
                display="block"
                size="sm"
                truncate
                maw="100%"
                onClick={() => showTask(found.task?.id ?? null)}
              >
                {found.task.title}
              </Anchor>
            )}
          </>
        ) : (
          <Text c="dimmed" size="sm">
            {found === null ? t('nothing') : '—'}
          </Text>
        )}
      </Figure>
    );
  });
}

function DaysOf({ range }: { range: Range }) {
  const t = useTranslations('analytics');
  const format = useFormatter();
  const money = useMoney();
  const result = useQuery(AnalyticsDaysDocument, { variables: range });
  return (
    <Loaded result={result} rows={6}>
      {({ analyticsDays }) => {
        const inOrder = analyticsDays.toReversed();
        return (
          <>
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Drawn title={t('money')}>
                <Chart
                  kind="bars"
                  format={(figure) => money(String(figure))}
                  data={inOrder.map(({ day, topManagementEarned, paidOut }) => ({
                    day,
                    earned: Number(topManagementEarned),
                    paidOut: Number(paidOut),
                  }))}
                  series={[
                    { name: 'earned', label: t('earned'), color: 'parrot.6' },
                    { name: 'paidOut', label: t('paidOut'), color: 'orange.6' },
                  ]}
                />
              </Drawn>
              <Drawn title={t('tasks')}>
                <Chart
                  kind="areas"
                  format={(figure) => format.number(figure)}
                  data={inOrder.map(({ day, tasksCreated: created, tasksResolved: resolved }) => ({
                    day,
                    created,
                    resolved,
                  }))}
                  series={[
                    { name: 'created', label: t('created'), color: 'blue.6' },
                    { name: 'resolved', label: t('resolved'), color: 'parrot.6' },
                  ]}
                />
              </Drawn>
            </SimpleGrid>
            <DayTable days={analyticsDays} />
          </>
        );
      }}
    </Loaded>
  );
}

function Drawn({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Paper withBorder p="md">
      <Title order={3} size="h6" mb="xs">
        {title}
      </Title>
      <Suspense fallback={<Outline rows={4} />}>{children}</Suspense>
    </Paper>
  );
}

function DayTable({ days }: { days: readonly AnalyticsDayRowFragment[] }) {
  const t = useTranslations();
  const format = useFormatter();
  const dayText = useDay();
  return (
    <Table.ScrollContainer minWidth={720}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('common.day')}</Table.Th>
            {(['earned', 'paidOut', 'red', 'created', 'assignments', 'resolved'] as const).map((name) => (
              <Table.Th key={name} ta="right">
                {t(`analytics.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {days.map((day) => (
            <Table.Tr key={day.day}>
              <Table.Td>{dayText(day.day)}</Table.Td>
              <Table.Td ta="right">
                <Amount value={day.topManagementEarned} coloured size="sm" />
              </Table.Td>
              <Table.Td ta="right">
                <Amount value={day.paidOut} size="sm" />
              </Table.Td>
              {(['employeesInTheRed', 'tasksCreated', 'assignments', 'tasksResolved'] as const).map(
                (name) => (
                  <Table.Td key={name} ta="right">
                    {format.number(day[name])}
                  </Table.Td>
                ),
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

import { useQuery } from '@apollo/client/react';
import { SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { Suspense } from 'react';
import { useTranslations } from 'use-intl';
import { InRange } from '../../app/InRange.tsx';
import { lazily } from '../../app/lazily.ts';
import {
  type CompanyDayRowFragment,
  CompanyDaysDocument,
  CompanyTodayDocument,
} from '../../generated/graph.ts';
import { useLive } from '../../graph/useLive.ts';
import { Amount, useMoney } from '../../ui/Amount.tsx';
import type { Range } from '../../ui/DayRange.tsx';
import { Figure } from '../../ui/Figure.tsx';
import { Loaded, Outline } from '../../ui/Loaded.tsx';
import { useDay } from '../../ui/moments.tsx';
import { Status } from '../../ui/Status.tsx';

const Chart = lazily(async () => (await import('../../ui/Chart.tsx')).Chart);
const figures = ['earned', 'feesCharged', 'rewardsPaid', 'paidOut'] as const;
const labels = { earned: 'earned', feesCharged: 'fees', rewardsPaid: 'rewards', paidOut: 'paidOut' } as const;

/** The earnings of top management: today's, live, and those of each day of a range. */
export function CompanyPage() {
  const t = useTranslations('company');
  const dayText = useDay();
  const now = useLive(CompanyTodayDocument)?.companyDayChanged;
  return (
    <Stack maw={1000} mx="auto">
      <Title order={1} size="h3">
        {t('title')}
      </Title>
      <Text c="dimmed">{now ? dayText(now.day, 'long') : '…'}</Text>
      <SimpleGrid cols={{ base: 2, sm: 4 }} data-testid="company-today">
        {figures.map((name) => (
          <Figure key={name} label={t(labels[name])}>
            <Amount value={now?.[name]} coloured={name === 'earned'} size="lg" fw={700} />
          </Figure>
        ))}
      </SimpleGrid>
      <InRange dayNow={now?.day}>
        {(range, billingDay) => <DaysOf range={range} billingDay={billingDay} />}
      </InRange>
    </Stack>
  );
}

function DaysOf({ range, billingDay }: { range: Range; billingDay: string }) {
  const t = useTranslations('company');
  const money = useMoney();
  const result = useQuery(CompanyDaysDocument, { variables: range });
  return (
    <Loaded result={result} rows={6}>
      {({ companyDays }) => (
        <>
          <Suspense fallback={<Outline rows={4} />}>
            <Chart
              kind="bars"
              format={(figure) => money(String(figure))}
              data={companyDays.toReversed().map(({ day, earned }) => ({ day, earned: Number(earned) }))}
              series={[{ name: 'earned', label: t('earned'), color: 'parrot.6' }]}
            />
          </Suspense>
          <DayTable days={companyDays} billingDay={billingDay} />
        </>
      )}
    </Loaded>
  );
}

function DayTable({ days, billingDay }: { days: readonly CompanyDayRowFragment[]; billingDay: string }) {
  const t = useTranslations();
  const dayText = useDay();
  return (
    <Table.ScrollContainer minWidth={620}>
      <Table verticalSpacing={6} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('common.day')}</Table.Th>
            {figures.map((name) => (
              <Table.Th key={name} ta="right">
                {t(`company.${labels[name]}`)}
              </Table.Th>
            ))}
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {days.map((day) => (
            <Table.Tr key={day.day}>
              <Table.Td>{dayText(day.day)}</Table.Td>
              {figures.map((name) => (
                <Table.Td key={name} ta="right">
                  <Amount value={day[name]} size="sm" coloured={name === 'earned'} />
                </Table.Td>
              ))}
              <Table.Td>
                {day.closed && <Status tone="past">{t('company.closed')}</Status>}
                {day.day === billingDay && <Status tone="good">{t('company.open')}</Status>}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

import { useQuery } from '@apollo/client/react';
import { Stack, Table, Text, Title, UnstyledButton } from '@mantine/core';
import { useTranslations } from 'use-intl';
import { AuditLogDocument, type EntryRowFragment } from '../../generated/graph.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Moment, useDay } from '../../ui/moments.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { useShowTask } from '../task/useShowTask.ts';
import { useRereadOn } from './useRereadOn.ts';

/** Every operation in a sentence, by day, the newest first. */
export function AuditLog({ accountId, balance }: { accountId: string; balance: string }) {
  const t = useTranslations();
  const result = useQuery(AuditLogDocument, { variables: { accountId, after: null } });
  useRereadOn(balance, result.refetch);
  return (
    <Loaded result={result}>
      {({ account }) => {
        const { nodes = [], pageInfo } = account?.auditLog ?? {};
        if (nodes.length === 0)
          return <Empty title={t('account.noEntries')} hint={t('account.noEntriesHint')} />;
        return (
          <Stack>
            {byDay(nodes).map(([day, entries]) => (
              <Day key={day} day={day} entries={entries} />
            ))}
            <ShowMore page={pageInfo} read={(after) => result.fetchMore({ variables: { after } })} />
          </Stack>
        );
      }}
    </Loaded>
  );
}

function byDay(entries: readonly EntryRowFragment[]): [string, EntryRowFragment[]][] {
  const days = new Map<string, EntryRowFragment[]>();
  for (const entry of entries) days.set(entry.day, [...(days.get(entry.day) ?? []), entry]);
  return [...days];
}

function Day({ day, entries }: { day: string; entries: readonly EntryRowFragment[] }) {
  const t = useTranslations('account');
  const dayText = useDay();
  const showTask = useShowTask();
  return (
    <section aria-labelledby={`day-${day}`}>
      <Title order={2} size="h6" id={`day-${day}`} mb={4}>
        {dayText(day, 'long')}
      </Title>
      <Table verticalSpacing={6} highlightOnHover layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('operation')}</Table.Th>
            <Table.Th w={100} ta="right">
              {t('amount')}
            </Table.Th>
            <Table.Th w={110} ta="right" visibleFrom="xs">
              {t('balanceAfter')}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map(({ id, description, amount, balanceAfter, occurredAt, task }) => (
            <Table.Tr key={id}>
              <Table.Td>
                {task ? (
                  <UnstyledButton className="quietLink" fz="sm" onClick={() => showTask(task.id)}>
                    {description}
                  </UnstyledButton>
                ) : (
                  <Text size="sm">{description}</Text>
                )}
                <Text size="xs" c="dimmed">
                  <Moment at={occurredAt} />
                </Text>
              </Table.Td>
              <Table.Td ta="right">
                <Amount value={amount} signed coloured size="sm" />
              </Table.Td>
              <Table.Td ta="right" visibleFrom="xs">
                <Amount value={balanceAfter} size="sm" />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

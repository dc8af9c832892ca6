import { useQuery } from '@apollo/client/react';
import { Stack, Table, Text, Title, UnstyledButton } from '@mantine/core';
import { useTranslations } from 'use-intl';
import { AuditLogDocument, type AuditLogQuery } from '../../generated/graph.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Moment, useDay } from '../../ui/moments.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { nameOfTask } from '../task/nameOfTask.ts';
import { useShowTask } from '../task/useShowTask.ts';
import { useRereadOn } from './useRereadOn.ts';

type Entry = NonNullable<AuditLogQuery['account']>['auditLog']['nodes'][number];

/** Every operation as a sentence, by day, the newest first. */
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
            <ShowMore
              page={pageInfo}
              read={(after) => result.fetchMore({ variables: { after }, errorPolicy: 'all' })}
            />
          </Stack>
        );
      }}
    </Loaded>
  );
}

function byDay(entries: readonly Entry[]): [string, Entry[]][] {
  const days = new Map<string, Entry[]>();
  for (const entry of entries) days.set(entry.day, [...(days.get(entry.day) ?? []), entry]);
  return [...days];
}

function Day({ day, entries }: { day: string; entries: readonly Entry[] }) {
  const t = useTranslations('account');
  const dayText = useDay();
  const sentence = useSentence();
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
          {entries.map((entry) => (
            <Table.Tr key={entry.id}>
              <Table.Td>
                {entry.task ? (
                  <UnstyledButton
                    className="quietLink"
                    fz="sm"
                    onClick={() => showTask(entry.task?.id ?? null)}
                  >
                    {sentence(entry)}
                  </UnstyledButton>
                ) : (
                  <Text size="sm">{sentence(entry)}</Text>
                )}
                <Text size="xs" c="dimmed">
                  <Moment at={entry.occurredAt} />
                </Text>
              </Table.Td>
              <Table.Td ta="right">
                <Amount value={entry.amount} signed coloured size="sm" />
              </Table.Td>
              <Table.Td ta="right" visibleFrom="xs">
                <Amount value={entry.balanceAfter} size="sm" />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

/** The sentence for an entry, in the user's language; the ledger's own where the task's title is not available. */
function useSentence(): (entry: Entry) => string {
  const t = useTranslations('account.sentence');
  const dayText = useDay();
  return ({ kind, day, task, description }) => {
    if (kind === 'PAYOUT') return t(kind, { day: dayText(day) });
    return task?.title && kind !== 'REVERSAL' ? t(kind, { task: nameOfTask(task) }) : description;
  };
}

import { useQuery } from '@apollo/client/react';
import { Table, Text } from '@mantine/core';
import { useTranslations } from 'use-intl';
import { PayoutsDocument } from '../../generated/graph.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Moment, useDay } from '../../ui/moments.tsx';
import { Reread } from '../../ui/Reread.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { useRereadOn } from './useRereadOn.ts';

/** The interval at which payouts with unsent mails are read again, in milliseconds. */
const lookEveryMs = 3_000;

/** The payouts of an account, the newest first, each with the state of its mail. */
export function Payouts({ accountId, balance }: { accountId: string; balance: string }) {
  const t = useTranslations();
  const dayText = useDay();
  const result = useQuery(PayoutsDocument, { variables: { accountId, after: null } });
  useRereadOn(balance, result.refetch);
  return (
    <Loaded result={result}>
      {({ account }) => {
        const { nodes = [], pageInfo } = account?.payouts ?? {};
        if (nodes.length === 0)
          return <Empty title={t('account.noPayouts')} hint={t('account.noPayoutsHint')} />;
        return (
          <>
            {nodes.some(({ email }) => email === 'PENDING') && (
              <Reread everyMs={lookEveryMs} refetch={result.refetch} />
            )}
            <Table verticalSpacing={6}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('common.day')}</Table.Th>
                  <Table.Th>{t('account.paidOut')}</Table.Th>
                  <Table.Th ta="right">{t('account.amount')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {nodes.map(({ id, day, amount, paidAt, email }) => (
                  <Table.Tr key={id}>
                    <Table.Td>{dayText(day)}</Table.Td>
                    <Table.Td>
                      <Moment at={paidAt} size="sm" />
                      <Text size="xs" c="dimmed">
                        {t(`account.email.${email}`)}
                      </Text>
                    </Table.Td>
                    <Table.Td ta="right">
                      <Amount value={amount} size="sm" fw={600} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            <ShowMore
              page={pageInfo}
              read={(after) => result.fetchMore({ variables: { after }, errorPolicy: 'all' })}
            />
          </>
        );
      }}
    </Loaded>
  );
}

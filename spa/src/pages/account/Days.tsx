import { useQuery } from '@apollo/client/react';
import { Accordion, Table } from '@mantine/core';
import { useTranslations } from 'use-intl';
import { AccountDaysDocument } from '../../generated/graph.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { useDay } from '../../ui/moments.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { useRereadOn } from './useRereadOn.ts';

/** The totals of an account's days, in a panel that is closed at first. */
export function Days({ accountId, balance }: { accountId: string; balance: string }) {
  const t = useTranslations('account');
  return (
    <Accordion variant="contained" mb="md">
      <Accordion.Item value="days">
        <Accordion.Control>{t('days')}</Accordion.Control>
        <Accordion.Panel>
          <DayTable accountId={accountId} balance={balance} />
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}

function DayTable({ accountId, balance }: { accountId: string; balance: string }) {
  const t = useTranslations();
  const dayText = useDay();
  const result = useQuery(AccountDaysDocument, { variables: { accountId, after: null } });
  useRereadOn(balance, result.refetch);
  return (
    <Loaded result={result}>
      {({ account }) => (
        <>
          <Table.ScrollContainer minWidth={560}>
            <Table verticalSpacing={6}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('common.day')}</Table.Th>
                  {(['opening', 'fees', 'rewards', 'paidOut', 'closing'] as const).map((name) => (
                    <Table.Th key={name} ta="right">
                      {t(`account.${name}`)}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {(account?.days.nodes ?? []).map((day) => (
                  <Table.Tr key={day.day}>
                    <Table.Td>{dayText(day.day)}</Table.Td>
                    {(['opening', 'fees', 'rewards', 'paidOut', 'closing'] as const).map((name) => (
                      <Table.Td key={name} ta="right">
                        <Amount value={day[name]} size="sm" />
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          <ShowMore
            page={account?.days.pageInfo}
            read={(after) => result.fetchMore({ variables: { after }, errorPolicy: 'all' })}
          />
        </>
      )}
    </Loaded>
  );
}

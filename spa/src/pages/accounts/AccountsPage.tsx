import { useQuery } from '@apollo/client/react';
import { Anchor, Stack, Table, Title } from '@mantine/core';
import { Link } from 'react-router';
import { useTranslations } from 'use-intl';
import { AccountsDocument } from '../../generated/graph.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';

/** The accounts of all users, for accountants and admins. */
export function AccountsPage() {
  const t = useTranslations();
  const result = useQuery(AccountsDocument, { variables: { after: null } });
  return (
    <Stack maw={800} mx="auto">
      <Title order={1} size="h3">
        {t('nav.accounts')}
      </Title>
      <Loaded result={result} rows={8}>
        {({ accounts: { nodes, pageInfo } }) => (
          <>
            {nodes.length === 0 && <Empty title={t('accounts.empty')} hint={t('accounts.emptyHint')} />}
            <Table verticalSpacing={8} highlightOnHover>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('accounts.owner')}</Table.Th>
                  <Table.Th ta="right">{t('accounts.earnedToday')}</Table.Th>
                  <Table.Th ta="right">{t('accounts.balance')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {nodes.map(({ id, owner, earnedToday, balance }) => (
                  <Table.Tr key={id}>
                    <Table.Td>
                      <Anchor component={Link} to={`/accounts/${id}`} size="sm">
                        {owner?.name ?? t('common.unknown')}
                      </Anchor>
                    </Table.Td>
                    <Table.Td ta="right">
                      <Amount value={earnedToday} signed size="sm" />
                    </Table.Td>
                    <Table.Td ta="right">
                      <Amount value={balance} coloured size="sm" fw={600} />
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
        )}
      </Loaded>
    </Stack>
  );
}

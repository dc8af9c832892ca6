import { useQuery } from '@apollo/client/react';
import { Group, Stack, Tabs, Title } from '@mantine/core';
import { useParams } from 'react-router';
import { useTranslations } from 'use-intl';
import { AccountOfDocument, type AccountStateFragment, MyAccountDocument } from '../../generated/graph.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Figure } from '../../ui/Figure.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { AuditLog } from './AuditLog.tsx';
import { Days } from './Days.tsx';
import { MonthAsCsv } from './MonthAsCsv.tsx';
import { Payouts } from './Payouts.tsx';

/** The user's own account, live. */
export function OwnAccountPage() {
  const t = useTranslations('nav');
  const result = useQuery(MyAccountDocument);
  return (
    <Loaded result={result}>{({ myAccount }) => <Account title={t('account')} account={myAccount} />}</Loaded>
  );
}

/** Any user's account, for accountants and admins. */
export function AccountOfPage() {
  const t = useTranslations();
  const { id = '' } = useParams();
  const result = useQuery(AccountOfDocument, { variables: { id } });
  return (
    <Loaded result={result}>
      {({ account }) =>
        account ? (
          <Account
            title={t('account.of', { name: account.owner?.name ?? t('common.unknown') })}
            account={account}
          />
        ) : (
          <Empty title={t('app.notFound')} hint={t('app.notFoundHint')} />
        )
      }
    </Loaded>
  );
}

function Account({ title, account }: { title: string; account: AccountStateFragment }) {
  const t = useTranslations('account');
  return (
    <Stack maw={900} mx="auto">
      <Group justify="space-between">
        <Title order={1} size="h3">
          {title}
        </Title>
        <MonthAsCsv accountId={account.id} />
      </Group>
      <Group grow>
        <Figure label={t('balance')}>
          <Amount value={account.balance} coloured size="xl" fw={700} />
        </Figure>
        <Figure label={t('earnedToday')}>
          <Amount value={account.earnedToday} signed coloured size="xl" fw={700} />
        </Figure>
      </Group>
      <Tabs defaultValue="log" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="log">{t('log')}</Tabs.Tab>
          <Tabs.Tab value="payouts">{t('payouts')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="log" pt="sm">
          <Days accountId={account.id} balance={account.balance} />
          <AuditLog accountId={account.id} balance={account.balance} />
        </Tabs.Panel>
        <Tabs.Panel value="payouts" pt="sm">
          <Payouts accountId={account.id} balance={account.balance} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

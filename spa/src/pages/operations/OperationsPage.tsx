import { Anchor, Group, Stack, Tabs, Title } from '@mantine/core';
import { useTranslations } from 'use-intl';
import { DeadLetters } from './DeadLetters.tsx';
import { LedgerAudit } from './LedgerAudit.tsx';
import { PayoutRuns } from './PayoutRuns.tsx';

/** The admins' page: days and their payouts, dead letters, and the audit of the ledger. */
export function OperationsPage() {
  const t = useTranslations();
  return (
    <Stack maw={900} mx="auto">
      <Group justify="space-between">
        <Title order={1} size="h3">
          {t('nav.operations')}
        </Title>
        <Anchor href="/graphiql" target="_blank" size="sm">
          {t('operations.sandbox')}
        </Anchor>
      </Group>
      <Tabs defaultValue="days" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="days">{t('operations.days')}</Tabs.Tab>
          <Tabs.Tab value="letters">{t('operations.deadLetters')}</Tabs.Tab>
          <Tabs.Tab value="audit">{t('operations.audit')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="days" pt="sm">
          <PayoutRuns />
        </Tabs.Panel>
        <Tabs.Panel value="letters" pt="sm">
          <DeadLetters />
        </Tabs.Panel>
        <Tabs.Panel value="audit" pt="sm">
          <LedgerAudit />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

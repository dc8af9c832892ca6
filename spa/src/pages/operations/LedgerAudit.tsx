import { useLazyQuery } from '@apollo/client/react';
import { Alert, Anchor, Button, Group, List, Stack } from '@mantine/core';
import { IconScale } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useTranslations } from 'use-intl';
import { LedgerAuditDocument } from '../../generated/graph.ts';
import { useMoney } from '../../ui/Amount.tsx';
import { LoadProblem } from '../../ui/problems.tsx';

/** Checks the whole ledger against itself, when a button is pressed: it takes a while in a big ledger. */
export function LedgerAudit() {
  const t = useTranslations();
  const money = useMoney();
  const [check, { data, error, loading }] = useLazyQuery(LedgerAuditDocument, {
    fetchPolicy: 'network-only',
  });
  const audit = data?.ledgerAudit;
  return (
    <Stack>
      <Group>
        <Button leftSection={<IconScale size={18} />} loading={loading} onClick={() => void check()}>
          {t('operations.auditRun')}
        </Button>
      </Group>
      {error && <LoadProblem error={error} onRetry={() => void check()} />}
      {audit && (
        <Alert color={audit.ok ? 'parrot' : 'red'} variant="light" role="status">
          {audit.ok
            ? t('operations.auditOk', { count: audit.entriesChecked })
            : t('operations.auditBad', {
                imbalance: money(audit.imbalance),
                count: audit.mismatchedAccounts.length,
              })}
          <List size="sm">
            {audit.mismatchedAccounts.map(({ id, owner }) => (
              <List.Item key={id}>
                <Anchor component={Link} to={`/accounts/${id}`}>
                  {owner?.name ?? id}
                </Anchor>
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}

import { useApolloClient } from '@apollo/client/react';
import { Button, Group, Popover, Stack, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useCompany } from '../../app/useCompany.ts';
import { AuditLogOfDayDocument, type EntryRowFragment } from '../../generated/graph.ts';
import { useTellProblem } from '../../ui/problems.tsx';
import { useTell } from '../../ui/tell.ts';
import { csvOf, daysOfMonth } from './csv.ts';

/** The button that offers a month of an account's operations as a file for spreadsheets, the oldest first. */
export function MonthAsCsv({ accountId }: { accountId: string }) {
  const t = useTranslations('account');
  const client = useApolloClient();
  const tell = useTell();
  const tellProblem = useTellProblem();
  const company = useCompany();
  const today = company.data?.company.billingDay;
  const [chosen, setChosen] = useState<string>();
  const [isMaking, setIsMaking] = useState(false);
  const month = chosen ?? today?.slice(0, 7) ?? '';
  const entriesOf = async (day: string) => {
    const entries: EntryRowFragment[] = [];
    for (let after: string | null = null; ; ) {
      const variables: { accountId: string; day: string; after: string | null } = { accountId, day, after };
      const { data } = await client.query({
        query: AuditLogOfDayDocument,
        variables,
        fetchPolicy: 'no-cache',
      });
      const page = data?.account?.auditLog;
      entries.push(...(page?.nodes ?? []));
      if (!page?.pageInfo.hasNextPage) return entries.reverse();
      after = page.pageInfo.endCursor;
    }
  };
  const make = async () => {
    setIsMaking(true);
    try {
      // The page may have been loaded yesterday.
      const last = (await company.refetch()).data?.company.billingDay;
      const entries: EntryRowFragment[] = [];
      for (const day of daysOfMonth(month))
        if (last === undefined || day <= last) entries.push(...(await entriesOf(day)));
      if (entries.length === 0) tell(t('csvEmpty'));
      else offer(`account-${month}.csv`, csvOf(entries));
    } catch (error) {
      tellProblem(error);
    } finally {
      setIsMaking(false);
    }
  };
  return (
    <Popover position="bottom-end" withArrow trapFocus returnFocus>
      <Popover.Target>
        <Button variant="light" size="sm" leftSection={<IconDownload size={16} />}>
          {t('csv')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <TextInput
            type="month"
            label={t('csvMonth')}
            value={month}
            max={today?.slice(0, 7)}
            onChange={({ currentTarget: { value } }) => setChosen(value)}
          />
          <Group justify="flex-end">
            <Button
              size="xs"
              loading={isMaking}
              disabled={!/^\d{4}-\d{2}$/.test(month)}
              onClick={() => void make()}
            >
              {t('csv')}
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function offer(name: string, text: string): void {
  // Without a byte order mark at the beginning, spreadsheets assume another encoding.
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

import { useQuery } from '@apollo/client/react';
import { roles } from '@ates/schema/access';
import { Button, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch, IconUserPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useFormatter, useTranslations } from 'use-intl';
import { PeopleDocument, type PersonRowFragment, type Role } from '../../generated/graph.ts';
import { useMay } from '../../session/useSession.ts';
import { Empty } from '../../ui/Empty.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { ShowMore } from '../../ui/ShowMore.tsx';
import { Status } from '../../ui/Status.tsx';
import { NewAccount } from './NewAccount.tsx';
import { PersonActions } from './PersonActions.tsx';

/** The list of all users. Admins also manage their accounts here. */
export function PeoplePage() {
  const t = useTranslations();
  const mayManage = useMay('users:manage');
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), 250);
  const [role, setRole] = useState<Role | null>(null);
  const [isMaking, setIsMaking] = useState(false);
  const result = useQuery(PeopleDocument, {
    variables: { search: search === '' ? null : search, role, after: null },
  });
  const data = result.data ?? (result.error ? undefined : result.previousData);
  return (
    <Stack maw={1100} mx="auto">
      <Group justify="space-between">
        <Title order={1} size="h3">
          {t('nav.people')}
        </Title>
        {mayManage && (
          <Button leftSection={<IconUserPlus size={18} />} onClick={() => setIsMaking(true)}>
            {t('people.new')}
          </Button>
        )}
      </Group>
      <Group gap="sm">
        <TextInput
          flex={1}
          miw={180}
          aria-label={t('people.search')}
          placeholder={t('people.search')}
          leftSection={<IconSearch size={16} />}
          value={typed}
          onChange={({ currentTarget: { value } }) => setTyped(value)}
        />
        <Select
          w={180}
          clearable
          aria-label={t('people.role')}
          placeholder={t('people.any')}
          value={role}
          onChange={(chosen) => setRole(chosen as Role | null)}
          data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
          clearButtonProps={{ 'aria-label': t('people.any') }}
        />
      </Group>
      <Loaded result={{ ...result, data }} rows={8}>
        {({ users: { nodes, totalCount, pageInfo } }) => (
          <>
            <Text size="sm" c="dimmed">
              {t('people.count', { count: totalCount })}
            </Text>
            {nodes.length === 0 ? (
              <Empty title={t('people.empty')} hint={t('people.emptyHint')} />
            ) : (
              <PeopleTable people={nodes} mayManage={mayManage} />
            )}
            <ShowMore
              page={pageInfo}
              read={(after) => result.fetchMore({ variables: { after }, errorPolicy: 'all' })}
            />
          </>
        )}
      </Loaded>
      {isMaking && (
        <NewAccount
          onClose={() => setIsMaking(false)}
          onMade={() => void result.refetch().catch(() => undefined)}
        />
      )}
    </Stack>
  );
}

function PeopleTable({ people, mayManage }: { people: readonly PersonRowFragment[]; mayManage: boolean }) {
  const t = useTranslations();
  const format = useFormatter();
  const openTasksOf = ({ openTaskCount: count }: PersonRowFragment) =>
    count === null ? '—' : format.number(count);
  return (
    <Table verticalSpacing={8} highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('people.name')}</Table.Th>
          <Table.Th visibleFrom="md">{t('people.login')}</Table.Th>
          {mayManage && <Table.Th visibleFrom="md">{t('people.email')}</Table.Th>}
          <Table.Th visibleFrom="md">{t('people.role')}</Table.Th>
          <Table.Th ta="right" visibleFrom="md">
            {t('people.openTasks')}
          </Table.Th>
          <Table.Th>{t('people.status')}</Table.Th>
          {mayManage && <Table.Th w={50} />}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {people.map((person) => (
          <Table.Tr key={person.id} {...(person.active ? {} : { c: 'dimmed' })}>
            <Table.Td>
              {person.name}
              {/* On narrow screens, the columns that are hidden there. */}
              <Text size="xs" c="dimmed" hiddenFrom="md" style={{ overflowWrap: 'anywhere' }}>
                {person.login} · {t(`role.${person.role}`)} · {t('people.openTasks')}: {openTasksOf(person)}
                {mayManage && (
                  <>
                    <br />
                    {person.email}
                  </>
                )}
              </Text>
            </Table.Td>
            <Table.Td visibleFrom="md">{person.login}</Table.Td>
            {mayManage && <Table.Td visibleFrom="md">{person.email}</Table.Td>}
            <Table.Td visibleFrom="md">{t(`role.${person.role}`)}</Table.Td>
            <Table.Td ta="right" visibleFrom="md">
              {openTasksOf(person)}
            </Table.Td>
            <Table.Td>
              <Status tone={person.active ? 'good' : 'past'}>
                {t(person.active ? 'people.active' : 'people.inactive')}
              </Status>
            </Table.Td>
            {mayManage && (
              <Table.Td>
                <PersonActions person={person} />
              </Table.Td>
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

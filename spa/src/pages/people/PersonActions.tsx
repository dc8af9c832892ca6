import { useMutation } from '@apollo/client/react';
import { roles } from '@ates/schema/access';
import { ActionIcon, Menu, Select, Text, TextInput } from '@mantine/core';
import { IconAt, IconDots, IconFeather, IconUserCheck, IconUserOff, IconUserStar } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import {
  ChangeEmailDocument,
  ChangeRoleDocument,
  DeactivateUserDocument,
  type PersonRowFragment,
  ReactivateUserDocument,
  ResetBeakShapeDocument,
  type Role,
} from '../../generated/graph.ts';
import { BeakField } from '../../session/BeakField.tsx';
import { FormModal } from '../../ui/FormModal.tsx';
import { useTell } from '../../ui/tell.ts';

type Action = 'changeRole' | 'changeEmail' | 'resetBeak' | 'deactivate' | 'reactivate';

/** The menu of what admins can do with an account, and the form of the chosen action. */
export function PersonActions({ person }: { person: PersonRowFragment }) {
  const t = useTranslations('people');
  const [action, setAction] = useState<Action>();
  const items: [Action, React.ReactNode][] = [
    ['changeRole', <IconUserStar key="role" size={16} />],
    ['changeEmail', <IconAt key="email" size={16} />],
    ['resetBeak', <IconFeather key="beak" size={16} />],
    person.active
      ? ['deactivate', <IconUserOff key="off" size={16} />]
      : ['reactivate', <IconUserCheck key="on" size={16} />],
  ];
  return (
    <>
      <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t('actions', { name: person.name })}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {items.map(([name, icon]) => (
            <Menu.Item
              key={name}
              leftSection={icon}
              onClick={() => setAction(name)}
              {...(name === 'deactivate' ? { c: 'var(--loss)' } : {})}
            >
              {t(name)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {action && <ActionForm action={action} person={person} onClose={() => setAction(undefined)} />}
    </>
  );
}

function ActionForm({
  action,
  person,
  onClose,
}: {
  action: Action;
  person: PersonRowFragment;
  onClose: () => void;
}) {
  const t = useTranslations();
  const tell = useTell();
  const [role, setRole] = useState<Role>(person.role);
  const [email, setEmail] = useState(person.email ?? '');
  const [beakShape, setBeakShape] = useState('');
  const [changeRole] = useMutation(ChangeRoleDocument);
  const [changeEmail] = useMutation(ChangeEmailDocument);
  const [resetBeak] = useMutation(ResetBeakShapeDocument);
  const [deactivate] = useMutation(DeactivateUserDocument);
  const [reactivate] = useMutation(ReactivateUserDocument);
  const userId = person.id;
  const act: Record<Action, () => Promise<unknown>> = {
    changeRole: () => changeRole({ variables: { userId, role } }),
    changeEmail: () => changeEmail({ variables: { userId, email } }),
    resetBeak: () => resetBeak({ variables: { userId, beakShape } }),
    deactivate: () => deactivate({ variables: { userId } }),
    reactivate: () => reactivate({ variables: { userId } }),
  };
  const submit = async () => {
    await act[action]();
    tell(`${t('people.changed')}: ${person.name}`);
  };
  return (
    <FormModal
      title={`${t(`people.${action}`)}: ${person.name}`}
      submit={t(`people.${action}`)}
      onSubmit={submit}
      onClose={onClose}
      {...(action === 'deactivate' ? { color: 'red' } : {})}
    >
      {action === 'changeRole' && (
        <Select
          label={t('people.role')}
          allowDeselect={false}
          value={role}
          onChange={(chosen) => setRole(chosen as Role)}
          data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
        />
      )}
      {action === 'changeEmail' && (
        <TextInput
          label={t('people.email')}
          type="email"
          value={email}
          onChange={({ currentTarget }) => setEmail(currentTarget.value)}
          data-autofocus
        />
      )}
      {action === 'resetBeak' && (
        <>
          <Text size="sm">{t('people.resetLead', { name: person.name })}</Text>
          <BeakField value={beakShape} onChange={setBeakShape} />
        </>
      )}
      {action === 'deactivate' && <Text size="sm">{t('people.deactivateLead', { name: person.name })}</Text>}
    </FormModal>
  );
}

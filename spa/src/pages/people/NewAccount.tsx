import { useMutation } from '@apollo/client/react';
import { roles } from '@ates/schema/access';
import { Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslations } from 'use-intl';
import { CreateAccountDocument, type Role } from '../../generated/graph.ts';
import { BeakField } from '../../session/BeakField.tsx';
import { FormModal } from '../../ui/FormModal.tsx';
import { useTell } from '../../ui/tell.ts';

/** The form with which admins create an account. */
export function NewAccount({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const t = useTranslations();
  const tell = useTell();
  const [create] = useMutation(CreateAccountDocument);
  const required = (text: string) => (text.trim() === '' ? t('common.required') : null);
  const form = useForm({
    initialValues: { name: '', login: '', email: '', role: 'EMPLOYEE' as Role, beakShape: '' },
    validate: { name: required, login: required, email: required, beakShape: required },
  });
  const submit = async () => {
    if (form.validate().hasErrors) return false;
    const { data } = await create({ variables: { input: form.getValues() } });
    tell(t('people.created', { name: data?.createAccount.name ?? '' }));
    onMade();
    return true;
  };
  return (
    <FormModal title={t('people.new')} submit={t('people.create')} onSubmit={submit} onClose={onClose}>
      <TextInput label={t('people.name')} data-autofocus {...form.getInputProps('name')} />
      <TextInput
        label={t('people.login')}
        autoCapitalize="none"
        autoComplete="off"
        {...form.getInputProps('login')}
      />
      <TextInput label={t('people.email')} type="email" autoComplete="off" {...form.getInputProps('email')} />
      <Select
        label={t('people.role')}
        allowDeselect={false}
        data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
        {...form.getInputProps('role')}
      />
      <BeakField
        value={form.values.beakShape}
        error={form.errors.beakShape as string | undefined}
        onChange={(shape) => form.setFieldValue('beakShape', shape)}
      />
    </FormModal>
  );
}

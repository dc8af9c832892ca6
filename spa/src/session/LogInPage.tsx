import {
  Alert,
  Button,
  Card,
  Center,
  Group,
  Image,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import { lazily } from '../app/lazily.ts';
import { useOtherLocale } from '../i18n/locale.ts';
import { useProblem } from '../ui/problems.tsx';
import { logIn, Refused } from './session.ts';

const BeakPicker = lazily(async () => (await import('./BeakPicker.tsx')).BeakPicker);

/** The log-in form: a login and the shape of the beak. */
export function LogInPage({ ended }: { ended: boolean }) {
  const t = useTranslations();
  const otherLocale = useOtherLocale();
  const problem = useProblem();
  const [way, setWay] = useState<'text' | 'hand'>('text');
  const [why, setWhy] = useState<string | undefined>(ended ? t('logIn.ended') : undefined);
  const form = useForm({
    initialValues: { login: '', beakShape: '' },
    validate: {
      login: (login) => (login.trim() === '' ? t('common.required') : null),
      beakShape: (shape) => (shape.trim() === '' ? t('common.required') : null),
    },
  });
  const submit = form.onSubmit(async ({ login, beakShape }) => {
    setWhy(undefined);
    try {
      await logIn(login.trim(), beakShape);
    } catch (error) {
      const isWrong = error instanceof Refused && error.code === 'UNAUTHENTICATED';
      setWhy(isWrong ? t('logIn.wrong') : problem(error));
    }
  });
  return (
    <Center mih="100dvh" p="md" component="main">
      <Card withBorder shadow="sm" p="lg" w="100%" maw={400}>
        <form onSubmit={submit} noValidate>
          <Stack>
            <Group gap="sm">
              <Image src="/parrot.svg" alt="" w={44} h={44} />
              <div>
                <Title order={1} size="h3">
                  {t('app.name')}
                </Title>
                <Text c="dimmed" size="sm">
                  {t('logIn.lead')}
                </Text>
              </div>
            </Group>
            {why !== undefined && (
              <Alert color="red" variant="light" role="alert">
                {why}
              </Alert>
            )}
            <TextInput
              label={t('logIn.login')}
              autoComplete="username"
              autoFocus
              autoCapitalize="none"
              spellCheck={false}
              {...form.getInputProps('login')}
            />
            <Stack gap={6}>
              <SegmentedControl
                value={way}
                onChange={(chosen) => setWay(chosen as typeof way)}
                aria-label={t('logIn.shape')}
                data={[
                  { value: 'text', label: t('logIn.byText') },
                  { value: 'hand', label: t('logIn.byHand') },
                ]}
              />
              {way === 'hand' && (
                <Suspense>
                  <BeakPicker
                    value={form.values.beakShape}
                    onChange={(text) => form.setFieldValue('beakShape', text)}
                  />
                </Suspense>
              )}
              <PasswordInput
                label={t('logIn.shape')}
                autoComplete="current-password"
                visibilityToggleButtonProps={{ 'aria-label': t('logIn.show'), tabIndex: 0 }}
                {...form.getInputProps('beakShape')}
              />
            </Stack>
            <Button type="submit" loading={form.submitting} fullWidth>
              {t('logIn.submit')}
            </Button>
            <Button variant="subtle" size="compact-sm" onClick={otherLocale.choose} lang={otherLocale.locale}>
              {otherLocale.name}
            </Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}

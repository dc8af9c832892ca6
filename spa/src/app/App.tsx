import { ApolloProvider } from '@apollo/client/react';
import { Center, Loader, MantineProvider, Stack, Text } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { Suspense, useState } from 'react';
import { useTranslations } from 'use-intl';
import { createGraphClient } from '../graph/client.ts';
import { Translated } from '../i18n/Translated.tsx';
import { useSession } from '../session/useSession.ts';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { lazily } from './lazily.ts';
import { Pages } from './Pages.tsx';
import { readableColours, theme } from './theme.ts';
import { useCompany } from './useCompany.ts';

const LogInPage = lazily(async () => (await import('../session/LogInPage.tsx')).LogInPage);

/** The whole app. */
export function App() {
  const [client] = useState(createGraphClient);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={readableColours} defaultColorScheme="auto">
      <ApolloProvider client={client}>
        <InCompanyTime />
      </ApolloProvider>
    </MantineProvider>
  );
}

function InCompanyTime() {
  const session = useSession();
  const isIn = session.status === 'signed in';
  const { data, error } = useCompany({ skip: !isIn });
  // Waits for the company's time zone, or moments would jump from one zone to another. Where accounting does not
  // answer, the pages are shown in UTC.
  const isReady = isIn && (data?.company !== undefined || error !== undefined);
  return (
    <Translated timeZone={data?.company.timeZone ?? 'UTC'}>
      <Notifications position="bottom-right" limit={4} />
      <ErrorBoundary>
        <Suspense fallback={<Waiting />}>
          {session.status === 'signed out' && <LogInPage ended={session.why === 'ended'} />}
          {session.status === 'unknown' && <Waiting isLong={session.isUnanswered ?? false} />}
          {isIn && (isReady ? <Pages key={session.user.id} /> : <Waiting />)}
        </Suspense>
      </ErrorBoundary>
    </Translated>
  );
}

function Waiting({ isLong = false }: { isLong?: boolean }) {
  const t = useTranslations('app');
  return (
    <Center h="100dvh" p="md">
      <Stack align="center">
        <Loader aria-label={t('busy')} />
        <Text role="status">{isLong ? t('waiting') : ''}</Text>
      </Stack>
    </Center>
  );
}

import { ApolloProvider } from '@apollo/client/react';
import { Center, Loader, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { lazy, Suspense, useState } from 'react';
import { createGraphClient } from '../graph/client.ts';
import { Translated } from '../i18n/Translated.tsx';
import { useSession } from '../session/useSession.ts';
import { Pages } from './Pages.tsx';
import { readableColours, theme } from './theme.ts';
import { useTimeZone } from './useTimeZone.ts';

const LogInPage = lazy(async () => ({ default: (await import('../session/LogInPage.tsx')).LogInPage }));

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
  const timeZone = useTimeZone(session.status === 'signed in');
  return (
    <Translated timeZone={timeZone ?? 'UTC'}>
      <Notifications position="bottom-right" limit={4} />
      <Suspense fallback={<Waiting />}>
        {session.status === 'signed out' && <LogInPage ended={session.why === 'ended'} />}
        {session.status === 'unknown' && <Waiting />}
        {session.status === 'signed in' && <Pages key={session.user.id} />}
      </Suspense>
    </Translated>
  );
}

const Waiting = () => (
  <Center h="100dvh">
    <Loader aria-label="…" />
  </Center>
);

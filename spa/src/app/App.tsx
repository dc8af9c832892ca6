import { ApolloProvider } from '@apollo/client/react';
import { Center, Loader, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { useState } from 'react';
import { createGraphClient } from '../graph/client.ts';
import { Translated } from '../i18n/Translated.tsx';
import { LogInPage } from '../session/LogInPage.tsx';
import { useSession } from '../session/useSession.ts';
import { Pages } from './Pages.tsx';
import { theme } from './theme.ts';
import { useTimeZone } from './useTimeZone.ts';

/** The whole app. */
export function App() {
  const [client] = useState(createGraphClient);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
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
      {session.status === 'signed out' && <LogInPage ended={session.why === 'ended'} />}
      {session.status === 'unknown' && <Waiting />}
      {session.status === 'signed in' && <Pages key={session.user.id} />}
    </Translated>
  );
}

const Waiting = () => (
  <Center h="100dvh">
    <Loader aria-label="…" />
  </Center>
);

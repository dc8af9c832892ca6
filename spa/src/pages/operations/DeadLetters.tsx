import { useMutation, useQuery } from '@apollo/client/react';
import { Accordion, Button, Code, Group, Text } from '@mantine/core';
import { useTranslations } from 'use-intl';
import {
  DeadLettersDocument,
  type LetterFragment,
  ResendAccountingDocument,
  ResendAnalyticsDocument,
  ResendTrackerDocument,
} from '../../generated/graph.ts';
import { Empty } from '../../ui/Empty.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Moment } from '../../ui/moments.tsx';
import { useTellProblem } from '../../ui/problems.tsx';
import { useTell } from '../../ui/tell.ts';

type Service = 'tracker' | 'accounting' | 'analytics';

/** Facts that a service has refused for good: why, what they were, and another try. */
export function DeadLetters() {
  const t = useTranslations();
  const result = useQuery(DeadLettersDocument, { fetchPolicy: 'network-only' });
  return (
    <Loaded result={result}>
      {({ trackerDeadLetters, accountingDeadLetters, analyticsDeadLetters }) => {
        const letters = [
          ...trackerDeadLetters.map((letter) => ({ service: 'tracker' as const, letter })),
          ...accountingDeadLetters.map((letter) => ({ service: 'accounting' as const, letter })),
          ...analyticsDeadLetters.map((letter) => ({ service: 'analytics' as const, letter })),
        ];
        if (letters.length === 0)
          return <Empty title={t('operations.noDeadLetters')} hint={t('operations.noDeadLettersHint')} />;
        return (
          <Accordion variant="contained">
            {letters.map(({ service, letter }) => (
              <Letter
                key={letter.id}
                service={service}
                letter={letter}
                onResent={() => void result.refetch().catch(() => undefined)}
              />
            ))}
          </Accordion>
        );
      }}
    </Loaded>
  );
}

function Letter({
  service,
  letter,
  onResent,
}: {
  service: Service;
  letter: LetterFragment;
  onResent: () => void;
}) {
  const t = useTranslations('operations');
  const tell = useTell();
  const tellProblem = useTellProblem();
  const variables = { id: letter.id };
  const [tracker] = useMutation(ResendTrackerDocument, { variables });
  const [accounting] = useMutation(ResendAccountingDocument, { variables });
  const [analytics] = useMutation(ResendAnalyticsDocument, { variables });
  const resend = async () => {
    try {
      await { tracker, accounting, analytics }[service]();
      tell(t('resent'));
      setTimeout(onResent, 1_000);
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <Accordion.Item value={letter.id}>
      <Accordion.Control>
        <Text size="sm" fw={500}>
          {letter.event} → {letter.consumer}
        </Text>
        <Text size="xs" c="dimmed">
          {letter.error} · {t('attempts', { count: letter.attempts })} · <Moment at={letter.failedAt} />
        </Text>
      </Accordion.Control>
      <Accordion.Panel>
        <Code block>{pretty(letter.fact)}</Code>
        <Group justify="flex-end" mt="xs">
          <Button size="xs" variant="light" onClick={() => void resend()}>
            {t('resend')}
          </Button>
        </Group>
      </Accordion.Panel>
    </Accordion.Item>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

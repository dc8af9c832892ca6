import { useMutation, useQuery } from '@apollo/client/react';
import { Accordion, Button, Code, Group, Stack, Text } from '@mantine/core';
import { useTranslations } from 'use-intl';
import {
  AccountingDeadLettersDocument,
  AnalyticsDeadLettersDocument,
  type LetterFragment,
  ResendAccountingDocument,
  ResendAnalyticsDocument,
  ResendTrackerDocument,
  TrackerDeadLettersDocument,
} from '../../generated/graph.ts';
import { Empty } from '../../ui/Empty.tsx';
import { Outline } from '../../ui/Loaded.tsx';
import { Moment } from '../../ui/moments.tsx';
import { LoadProblem, useTellProblem } from '../../ui/problems.tsx';
import { useTell } from '../../ui/tell.ts';

/** When the list is read again after a fact was sent once more: how long its consumer takes depends on what it has to do. */
const lookAgainAfterMs = [1_000, 3_000, 9_000];
const services = ['tracker', 'accounting', 'analytics'] as const;
type Service = (typeof services)[number];

/** How many dead letters of each service are shown; the graph returns no more at a time. */
const most = 200;

/** The dead letters of all services, the newest first: each has its reason, its fact and the button to apply it. */
export function DeadLetters() {
  const t = useTranslations('operations');
  const options = { variables: { first: most }, fetchPolicy: 'network-only' } as const;
  // One query per service: where a service does not answer, the dead letters of the others are still shown.
  const tracker = useQuery(TrackerDeadLettersDocument, options);
  const accounting = useQuery(AccountingDeadLettersDocument, options);
  const analytics = useQuery(AnalyticsDeadLettersDocument, options);
  const results = { tracker, accounting, analytics };
  const found: Record<Service, readonly LetterFragment[] | undefined> = {
    tracker: tracker.data?.trackerDeadLetters,
    accounting: accounting.data?.accountingDeadLetters,
    analytics: analytics.data?.analyticsDeadLetters,
  };
  const letters = services
    .flatMap((service) => (found[service] ?? []).map((letter) => ({ service, letter })))
    .sort((a, b) => Date.parse(b.letter.failedAt) - Date.parse(a.letter.failedAt));
  const again = (service: Service) => void results[service].refetch().catch(() => undefined);
  return (
    <Stack>
      {services.map(
        (service) =>
          results[service].error && (
            <LoadProblem
              key={service}
              error={results[service].error}
              isPartial={letters.length > 0}
              onRetry={() => again(service)}
            />
          ),
      )}
      {services.some((service) => !found[service] && !results[service].error) && <Outline rows={2} />}
      {services.every((service) => found[service]?.length === 0) && (
        <Empty title={t('noDeadLetters')} hint={t('noDeadLettersHint')} />
      )}
      {letters.length > 0 && (
        <Accordion variant="contained">
          {letters.map(({ service, letter }) => (
            <Letter key={letter.id} service={service} letter={letter} onResent={() => again(service)} />
          ))}
        </Accordion>
      )}
      {services.some((service) => found[service]?.length === most) && (
        <Text size="sm" c="dimmed">
          {t('moreDeadLetters', { count: most })}
        </Text>
      )}
    </Stack>
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
      for (const ms of lookAgainAfterMs) setTimeout(onResent, ms);
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

import { CombinedGraphQLErrors } from '@apollo/client';
import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslations } from 'use-intl';
import { Refused } from '../session/session.ts';
import { useTell } from './tell.ts';

/** Codes with a translated sentence. For every other code the graph's own sentence is shown, in English. */
const told = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'TOO_MANY_REQUESTS',
  'NO_ELIGIBLE_ASSIGNEE',
] as const;

/** Returns the function that turns an error into a sentence for the user. */
export function useProblem(): (error: unknown) => string {
  const t = useTranslations('problem');
  return (error) => {
    const refusal = refusalOf(error);
    if (!refusal) return t('network');
    const { code, message, id } = refusal;
    if (code === 'INTERNAL' || code === 'INTERNAL_SERVER_ERROR')
      return id === undefined ? t('INTERNAL') : `${t('INTERNAL')} (${id})`;
    const known = told.find((each) => each === code);
    return known === undefined ? message : t(`codes.${known}`);
  };
}

/** The code, the message and the id of a refusal by the graph; undefined where the graph did not answer. */
export function refusalOf(
  error: unknown,
): { code: string; message: string; id?: string | undefined } | undefined {
  if (error instanceof Refused) return error;
  if (!CombinedGraphQLErrors.is(error)) return undefined;
  const [first] = error.errors;
  const { code = 'INTERNAL', id } = first?.extensions ?? {};
  return {
    code: String(code),
    message: first?.message ?? '',
    id: typeof id === 'string' ? id : undefined,
  };
}

/** Returns a function that shows an error as a pop-up, for errors that have no place on the page. */
export function useTellProblem(): (error: unknown) => void {
  const t = useTranslations('problem');
  const problem = useProblem();
  const tell = useTell();
  return (error) => tell(problem(error), 'refused', t('title'));
}

/** Shown in place of content that could not be loaded, or above content that was loaded in part. */
export function LoadProblem({
  error,
  isPartial = false,
  onRetry,
}: {
  error: unknown;
  isPartial?: boolean;
  onRetry: () => void;
}) {
  const t = useTranslations();
  const problem = useProblem();
  return (
    <Alert
      color={isPartial ? 'yellow' : 'red'}
      variant="light"
      icon={<IconAlertTriangle />}
      title={t(isPartial ? 'problem.partial' : 'problem.load')}
      role="alert"
    >
      <Group justify="space-between" gap="sm">
        <Text size="sm">{problem(error)}</Text>
        <Button size="xs" variant="default" onClick={onRetry}>
          {t('common.retry')}
        </Button>
      </Group>
    </Alert>
  );
}

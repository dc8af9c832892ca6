import { CombinedGraphQLErrors } from '@apollo/client';
import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslations } from 'use-intl';
import { Refused } from '../session/session.ts';
import { useTell } from './tell.ts';

/** Refusals that say no more than their code does. Any other's sentence, which is English, says what to do. */
const told = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'TOO_MANY_REQUESTS',
  'NO_ELIGIBLE_ASSIGNEE',
] as const;

/** What went wrong, in words for people. */
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

/** The graph's answer to what it refused; undefined where there was no answer at all. */
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

/** Tells of something that did not work and has no place on the page for it. */
export function useTellProblem(): (error: unknown) => void {
  const t = useTranslations('problem');
  const problem = useProblem();
  const tell = useTell();
  return (error) => tell(problem(error), 'refused', t('title'));
}

/** In place of what could not be loaded, or above what could be loaded in part. */
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

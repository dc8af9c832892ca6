import { CombinedGraphQLErrors } from '@apollo/client';
import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslations } from 'use-intl';
import { Refused } from '../session/session.ts';
import { useTell } from './tell.ts';

/** What went wrong, in words for people: a refusal tells why itself, anything else is told of. */
export function useProblem(): (error: unknown) => string {
  const t = useTranslations();
  return (error) => {
    const refusal = refusalOf(error);
    if (!refusal) return t('problem.network');
    return refusal.code === 'INTERNAL' || refusal.code === 'INTERNAL_SERVER_ERROR'
      ? `${t('problem.INTERNAL')} (${refusal.message})`
      : refusal.message;
  };
}

/** The graph's answer to what it refused; undefined where there was no answer at all. */
export function refusalOf(error: unknown): { code: string; message: string } | undefined {
  if (error instanceof Refused) return error;
  if (!CombinedGraphQLErrors.is(error)) return undefined;
  const [first] = error.errors;
  return { code: String(first?.extensions?.code ?? 'INTERNAL'), message: first?.message ?? '' };
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

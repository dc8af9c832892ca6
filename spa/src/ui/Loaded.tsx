import type { ErrorLike } from '@apollo/client';
import { Skeleton, Stack } from '@mantine/core';
import { type ReactNode, useRef } from 'react';
import { LoadProblem, refusalOf } from './problems.tsx';

/**
 * Shows the result of a query: an outline while it loads, and an error with a retry button where it fails. Where a
 * later read gets no answer, the data of the read before stays on the page.
 */
export function Loaded<Data>({
  result,
  rows = 4,
  children,
}: {
  result: {
    data?: Data | undefined;
    error?: ErrorLike | undefined;
    variables?: unknown;
    refetch: () => Promise<unknown>;
  };
  /** How many lines the outline has. */
  rows?: number;
  children: (data: Data) => ReactNode;
}) {
  const { error, refetch } = result;
  const asked = JSON.stringify(result.variables);
  const before = useRef<{ asked: string; data: Data }>(undefined);
  if (result.data) before.current = { asked, data: result.data };
  const isUnanswered = error !== undefined && refusalOf(error) === undefined;
  const kept = isUnanswered && before.current?.asked === asked ? before.current.data : undefined;
  const data = result.data ?? kept;
  const retry = () => void refetch().catch(() => undefined);
  if (data !== undefined && data !== null)
    return (
      <>
        {error && <LoadProblem error={error} isPartial onRetry={retry} />}
        {children(data)}
      </>
    );
  if (error) return <LoadProblem error={error} onRetry={retry} />;
  return <Outline rows={rows} />;
}

export function Outline({ rows }: { rows: number }) {
  return (
    <Stack gap="xs" aria-busy="true" data-testid="outline">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Skeleton key={row} height={48} radius="md" />
      ))}
    </Stack>
  );
}

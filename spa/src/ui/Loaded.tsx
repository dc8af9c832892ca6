import type { ErrorLike } from '@apollo/client';
import { Skeleton, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { LoadProblem } from './problems.tsx';

/** What a query has found: its outline until it is there, and a way on where it cannot be had. */
export function Loaded<Data>({
  result,
  rows = 4,
  children,
}: {
  result: { data?: Data | undefined; error?: ErrorLike | undefined; refetch: () => Promise<unknown> };
  /** How many lines the outline has. */
  rows?: number;
  children: (data: Data) => ReactNode;
}) {
  const { data, error, refetch } = result;
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

import { Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** A box with one figure and its label. */
export function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Paper withBorder p="md">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      {children}
    </Paper>
  );
}

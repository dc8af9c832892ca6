import { Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** One figure that is looked at by itself, with what it is. */
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

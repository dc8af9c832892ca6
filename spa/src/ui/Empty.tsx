import { Center, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconFeather } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** Shown in place of an empty list: says that it is empty, and what the user can do. */
export function Empty({ title, hint, children }: { title: string; hint: string; children?: ReactNode }) {
  return (
    <Center py="xl">
      <Stack align="center" gap="xs" maw={380}>
        <ThemeIcon size={48} radius="xl" variant="light" aria-hidden>
          <IconFeather />
        </ThemeIcon>
        <Text fw={600}>{title}</Text>
        <Text c="dimmed" size="sm" ta="center">
          {hint}
        </Text>
        {children}
      </Stack>
    </Center>
  );
}

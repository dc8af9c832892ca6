import { Group, Kbd, Modal, Stack, Text, useMantineColorScheme } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useRef } from 'react';
import { useNavigate } from 'react-router';
import { useTranslations } from 'use-intl';
import { useMenu } from './useMenu.ts';

/** How long a second key may take to follow the `g`, in milliseconds. */
const pairWithinMs = 1_500;

/** The keys that work on every page. */
export function useShortcuts({ onHelp }: { onHelp: () => void }): void {
  const navigate = useNavigate();
  const entries = useMenu();
  const { toggleColorScheme } = useMantineColorScheme();
  const goUntil = useRef(0);
  const follow = (path: string) => () => {
    if (performance.now() > goUntil.current) return;
    goUntil.current = 0;
    void navigate(path);
  };
  useHotkeys([
    ['shift+?', onHelp],
    ['?', onHelp],
    ['shift+D', toggleColorScheme],
    ['n', () => void navigate('/?new')],
    [
      'g',
      () => {
        goUntil.current = performance.now() + pairWithinMs;
      },
    ],
    ...entries.map(({ key, path }): [string, () => void] => [key, follow(path)]),
  ]);
}

export function ShortcutHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useTranslations();
  const entries = useMenu();
  const lines: [string, string][] = [
    ['⌘ K / Ctrl K', t('shortcuts.palette')],
    ['?', t('shortcuts.help')],
    ['n', t('shortcuts.newTask')],
    ['j', t('shortcuts.next')],
    ['k', t('shortcuts.previous')],
    ['d', t('shortcuts.done')],
    ['Enter', t('shortcuts.details')],
    ['Shift D', t('shortcuts.theme')],
    ...entries.map(({ key, name }): [string, string] => [`g ${key}`, t(`nav.${name}`)]),
  ];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('app.shortcuts')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack gap="xs">
        {lines.map(([keys, what]) => (
          <Group key={keys} justify="space-between" wrap="nowrap">
            <Text size="sm">{what}</Text>
            <Kbd>{keys}</Kbd>
          </Group>
        ))}
      </Stack>
    </Modal>
  );
}

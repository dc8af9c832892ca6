import { Group, Kbd, Modal, Stack, Switch, Text } from '@mantine/core';
import { useTranslations } from 'use-intl';
import { useReturnFocus } from '../ui/useReturnFocus.ts';
import { useKeysSetting } from './useKeys.ts';
import { useMenu } from './useMenu.ts';

/** The list of shortcuts, and the switch for single-key shortcuts. */
export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const t = useTranslations();
  const entries = useMenu();
  const [isOn, setIsOn] = useKeysSetting();
  useReturnFocus();
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
      opened
      onClose={onClose}
      title={t('app.shortcuts')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack gap="xs">
        <Switch
          label={t('shortcuts.single')}
          checked={isOn}
          onChange={({ currentTarget }) => setIsOn(currentTarget.checked)}
        />
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

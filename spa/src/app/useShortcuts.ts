import { useMantineColorScheme } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useNavigate } from 'react-router';
import { beginPair, useKeys } from './useKeys.ts';
import { useMenu } from './useMenu.ts';

/** The keys that work on every page. */
export function useShortcuts({ onHelp, onPalette }: { onHelp: () => void; onPalette: () => void }): void {
  const navigate = useNavigate();
  const { toggleColorScheme } = useMantineColorScheme();
  useHotkeys([['mod+K', onPalette, { usePhysicalKeys: true }]], []);
  // Before the pairs' first key is looked at, or it would be its own second one.
  useKeys(
    useMenu().map(({ key, path }) => [key, () => void navigate(path)] as const),
    { inPair: true },
  );
  useKeys([
    ['?', onHelp],
    ['shift+?', onHelp],
    ['shift+D', toggleColorScheme],
    ['n', () => void navigate('/?new')],
    ['g', beginPair],
  ]);
}

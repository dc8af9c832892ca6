import { useMantineColorScheme } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useNavigate } from 'react-router';
import { beginPair, useKeys } from './useKeys.ts';
import { useMenu } from './useMenu.ts';

/** Binds the keys that work on every page. */
export function useShortcuts({ onHelp, onPalette }: { onHelp: () => void; onPalette: () => void }): void {
  const navigate = useNavigate();
  const { toggleColorScheme } = useMantineColorScheme();
  useHotkeys([['mod+K', onPalette, { usePhysicalKeys: true }]], []);
  // Bound before `g`: otherwise the `g` that begins a pair would also count as the pair's second key.
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

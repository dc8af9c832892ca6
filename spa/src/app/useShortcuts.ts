import { useMantineColorScheme } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useRef } from 'react';
import { useNavigate } from 'react-router';
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

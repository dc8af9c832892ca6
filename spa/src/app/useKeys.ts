import { useHotkeys, useLocalStorage } from '@mantine/hooks';

/** Elements that take all keys while they are open. */
const inFront = '[role="dialog"], [role="menu"], [role="listbox"]';

const isSomethingInFront = () =>
  // Some stay in the page, hidden, when they are closed.
  [...document.querySelectorAll(inFront)].some((element) => element.checkVisibility());

/** How soon the second key of a pair must follow the first, in milliseconds. */
const pairWithinMs = 1_500;
let pairUntil = 0;

/** Begins a pair of keys: the next key within 1.5 s is its second key. */
export function beginPair(): void {
  pairUntil = performance.now() + pairWithinMs;
}

/** Ends the pair of keys. Returns true where one had begun in time. */
export function endPair(): boolean {
  const isWaiting = performance.now() <= pairUntil;
  pairUntil = 0;
  return isWaiting;
}

/**
 * The setting that turns single-key shortcuts on or off. Users who dictate, or hit keys by accident, turn them off
 * (WCAG 2.1.4).
 */
export const useKeysSetting = () =>
  useLocalStorage({ key: 'single-keys', defaultValue: true, getInitialValueInEffect: false });

/**
 * Binds single keys to actions on a page. Letters are bound by their place on an English keyboard, whatever layout is
 * set. A key that is held down counts once. No key counts while something is open in front of the page.
 */
export function useKeys(
  keys: readonly (readonly [key: string, act: () => void])[],
  options: { inPair?: boolean } = {},
): void {
  const [isOn] = useKeysSetting();
  useHotkeys(
    isOn
      ? keys.map(([key, act]) => [
          key,
          (event) => {
            if (event.repeat || isSomethingInFront()) return;
            if (options.inPair ? endPair() : performance.now() > pairUntil) act();
          },
          { usePhysicalKeys: /^(shift\+)?[a-z]$/i.test(key), preventDefault: false },
        ])
      : [],
  );
}

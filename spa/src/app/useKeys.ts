import { useHotkeys, useLocalStorage } from '@mantine/hooks';

/** What has the keys for itself while it is open. */
const inFront = '[role="dialog"], [role="menu"], [role="listbox"]';

const isSomethingInFront = () =>
  // Some stay where they are when they close, out of sight.
  [...document.querySelectorAll(inFront)].some((element) => element.checkVisibility());

/** How long a second key may take to follow the first of a pair, in milliseconds. */
const pairWithinMs = 1_500;
let pairUntil = 0;

/** Begins a pair of keys: until it is over, single keys mean its second one. */
export function beginPair(): void {
  pairUntil = performance.now() + pairWithinMs;
}

/** Whether a pair has been begun; ends it. */
export function endPair(): boolean {
  const isWaiting = performance.now() <= pairUntil;
  pairUntil = 0;
  return isWaiting;
}

/** Whether single keys do anything: who talks to the computer, or hits keys unwillingly, does without (WCAG 2.1.4). */
export const useKeysSetting = () =>
  useLocalStorage({ key: 'single-keys', defaultValue: true, getInitialValueInEffect: false });

/**
 * Single keys that do something on a page. They are those of an English keyboard, whatever it writes at the moment; one
 * that is held counts once, and none while something is open in front of the page.
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

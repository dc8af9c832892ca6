import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef } from 'react';

/** How long it is waited for more changes before it is read again, and how long at most, in milliseconds. */
const reread = { delay: 200, maxWait: 1_000 };

/** Reads again when something has changed: what is live tells that there is more, and a query then finds what. */
export function useRereadOn(changed: string, refetch: () => Promise<unknown>): void {
  const before = useRef(changed);
  const rereadSoon = useDebouncedCallback(() => void refetch().catch(() => undefined), reread);
  useEffect(() => {
    if (before.current === changed) return;
    before.current = changed;
    rereadSoon();
  }, [changed, rereadSoon]);
}

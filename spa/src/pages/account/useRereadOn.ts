import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef } from 'react';

/** How long to wait for more changes before reading again, and how long at most, in milliseconds. */
const reread = { delay: 200, maxWait: 1_000 };

/** Reads a query again when `changed`, a live value, has changed. */
export function useRereadOn(changed: string, refetch: () => Promise<unknown>): void {
  const before = useRef(changed);
  const rereadSoon = useDebouncedCallback(() => void refetch().catch(() => undefined), reread);
  useEffect(() => {
    if (before.current === changed) return;
    before.current = changed;
    rereadSoon();
  }, [changed, rereadSoon]);
}

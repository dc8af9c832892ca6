import { useEffect, useRef } from 'react';

/** Reads again when something has changed: what is live tells that there is more, and a query then finds what. */
export function useRereadOn(changed: string, refetch: () => Promise<unknown>): void {
  const before = useRef(changed);
  useEffect(() => {
    if (before.current === changed) return;
    before.current = changed;
    // As long as it lasts, each change is read once; the last one always is.
    const timer = setTimeout(() => void refetch().catch(() => undefined), 200);
    return () => clearTimeout(timer);
  }, [changed, refetch]);
}

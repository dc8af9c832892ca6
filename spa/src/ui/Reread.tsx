import { useEffect } from 'react';

/** Reads a query again at an interval while it is on the page: for data that will change and has no subscription. */
export function Reread({ everyMs, refetch }: { everyMs: number; refetch: () => Promise<unknown> }) {
  useEffect(() => {
    const timer = setInterval(() => void refetch().catch(() => undefined), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, refetch]);
  return null;
}

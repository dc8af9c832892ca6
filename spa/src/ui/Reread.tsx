import { useEffect } from 'react';

/** Reads something again and again, for as long as it is on the page: what will change soon and tells nobody. */
export function Reread({ everyMs, refetch }: { everyMs: number; refetch: () => Promise<unknown> }) {
  useEffect(() => {
    const timer = setInterval(() => void refetch().catch(() => undefined), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, refetch]);
  return null;
}

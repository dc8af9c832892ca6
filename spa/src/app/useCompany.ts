import { useQuery } from '@apollo/client/react';
import { useEffect } from 'react';
import { CompanyDocument } from '../generated/graph.ts';

/** How often what nothing can be shown rightly without is asked for again, in milliseconds. */
const againAfterMs = 3_000;

/**
 * The company's time zone, and which day it is there: as it was when it was last read, which is again once something
 * live tells of another day. What depends on the day reads it anew (`refetch`).
 */
export function useCompany({ skip = false, dayNow }: { skip?: boolean; dayNow?: string | undefined } = {}) {
  const result = useQuery(CompanyDocument, { skip, fetchPolicy: 'cache-first' });
  const { data, error, refetch } = result;
  const isOld = dayNow !== undefined && data?.company !== undefined && dayNow > data.company.today;
  useEffect(() => {
    if (isOld) void refetch().catch(() => undefined);
  }, [isOld, refetch]);
  const isMissing = error !== undefined && !data?.company;
  useEffect(() => {
    if (!isMissing) return;
    const timer = setInterval(() => void refetch().catch(() => undefined), againAfterMs);
    return () => clearInterval(timer);
  }, [isMissing, refetch]);
  return result;
}

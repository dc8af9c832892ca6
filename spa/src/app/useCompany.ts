import { useQuery } from '@apollo/client/react';
import { useEffect } from 'react';
import { CompanyDocument } from '../generated/graph.ts';

/** How long to wait before the company is read again after a failure, in milliseconds. */
const againAfterMs = 3_000;

/**
 * Reads the company's time zone, its date and its billing day. They come from the cache, and are read again when
 * `dayNow`, the day of a live payload, is later. Commands that depend on the day read it again first (`refetch`).
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

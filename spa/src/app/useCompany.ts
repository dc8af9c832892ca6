import { useQuery } from '@apollo/client/react';
import { useEffect } from 'react';
import { CompanyDocument } from '../generated/graph.ts';

/** The company's time zone, and which day it is there. Read again once something live tells of another day. */
export function useCompany({ skip = false, dayNow }: { skip?: boolean; dayNow?: string | undefined } = {}) {
  const result = useQuery(CompanyDocument, { skip, fetchPolicy: 'cache-first' });
  const { data, refetch } = result;
  const isOld = dayNow !== undefined && data !== undefined && dayNow > data.company.today;
  useEffect(() => {
    if (isOld) void refetch().catch(() => undefined);
  }, [isOld, refetch]);
  return result;
}

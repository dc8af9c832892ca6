import { useQuery } from '@apollo/client/react';
import { CompanyDocument } from '../generated/graph.ts';

/** The company's time zone, once the graph has told it. */
export function useTimeZone(isSignedIn: boolean): string | undefined {
  const { data } = useQuery(CompanyDocument, { skip: !isSignedIn, fetchPolicy: 'cache-first' });
  return data?.company.timeZone;
}

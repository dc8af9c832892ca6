import { useQuery } from '@apollo/client/react';
import { CompanyDocument } from '../generated/graph.ts';

/** The company's day, once the graph has told it. */
export function useToday(): string | undefined {
  return useQuery(CompanyDocument, { fetchPolicy: 'cache-first' }).data?.company.today;
}

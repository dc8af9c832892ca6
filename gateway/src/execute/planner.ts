import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import type { DocumentNode } from 'graphql';

/** Plans the operations of one supergraph. */
export type Plan = (document: DocumentNode, operationName: string | undefined) => Promise<QueryPlan>;

/** Returns Apollo's planner for a supergraph. It plans in this thread, and takes milliseconds to do so. */
export function createPlanner(
  supergraphSdl: string,
): (document: DocumentNode, operationName: string | undefined) => QueryPlan {
  const supergraph = Supergraph.build(supergraphSdl, { validateSupergraph: false });
  const planner = new QueryPlanner(supergraph);
  const api = supergraph.apiSchema();
  return (document, operationName) =>
    planner.buildQueryPlan(
      operationFromDocument(api, document, operationName === undefined ? {} : { operationName }),
    );
}

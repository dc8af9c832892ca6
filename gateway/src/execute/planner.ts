import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { type DocumentNode, GraphQLError } from 'graphql';

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

/** The error of an operation that took too long to plan. At another time it may not. */
export class PlanTooSlow extends GraphQLError {
  constructor() {
    super('This operation takes too long to plan. Ask in parts.', {
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
  }
}

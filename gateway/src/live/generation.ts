import { operationFromDocument, type Schema, Supergraph } from '@apollo/federation-internals';
import { buildOperationContext, executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway';
import { type QueryPlan, QueryPlanner, type SubscriptionNode } from '@apollo/query-planner';
import type { Log } from '@ates/kit/process/log';
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { CallerContext } from '../request/caller.ts';
import type { SubgraphDataSource } from '../supergraph/dataSource.ts';

/** A validated subscription, as a client asks for it. */
export interface LiveOperation {
  readonly query: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The operation that is sent to the subgraph that owns the root field. */
export interface UpstreamOperation {
  readonly subgraph: string;
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown>;
}

/** How many plans are kept. */
const maxPlans = 500;

/**
 * One supergraph, and what subscriptions need from it: plans, and the completion of an event by the other subgraphs.
 * It never changes. Another supergraph is another generation, and subscriptions of the old one end.
 */
export class Generation {
  readonly schema: GraphQLSchema;
  readonly #dataSources: Readonly<Record<string, SubgraphDataSource>>;
  readonly #log: Log;
  readonly #plans = new LRUCache<string, SubscriptionNode>({ max: maxPlans });
  readonly #planner: QueryPlanner;
  readonly #api: Schema;
  readonly #supergraphSchema: GraphQLSchema;

  constructor(
    { supergraphSdl, apiSchema }: { supergraphSdl: string; apiSchema: GraphQLSchema },
    dataSources: ReadonlyMap<string, SubgraphDataSource>,
    log: Log,
  ) {
    const supergraph = Supergraph.build(supergraphSdl, { validateSupergraph: false });
    this.schema = apiSchema;
    this.#dataSources = Object.fromEntries(dataSources);
    this.#log = log;
    this.#planner = new QueryPlanner(supergraph);
    this.#api = supergraph.apiSchema();
    this.#supergraphSchema = supergraph.schema.toGraphQLJSSchema();
  }

  /** Returns the operation to subscribe to. @throws where the operation cannot be planned. */
  upstreamOf(operation: LiveOperation): UpstreamOperation {
    const { primary } = this.#plan(operation);
    const used = (primary.variableUsages ?? []).filter((name) => name in operation.variables);
    return {
      subgraph: primary.serviceName,
      query: primary.operation,
      operationName: primary.operationName,
      variables: Object.fromEntries(used.map((name) => [name, operation.variables[name]])),
    };
  }

  /**
   * Completes an event. The event itself answers the first fetch of an ordinary plan, and the gateway's own executor
   * runs the plan, so that shape, errors and nulls are as in a query.
   */
  async complete(
    operation: LiveOperation,
    event: ExecutionResult,
    context: CallerContext,
  ): Promise<ExecutionResult> {
    const { primary, rest } = this.#plan(operation);
    const { document, operationName, variables, query } = operation;
    const named = operationName === undefined ? {} : { operationName };
    const plan: QueryPlan = {
      kind: 'QueryPlan',
      node: rest ? { kind: 'Sequence', nodes: [primary, rest] } : primary,
    };
    const owner = this.#dataSources[primary.serviceName] as SubgraphDataSource;
    const answeredByEvent: GraphQLDataSource = {
      process: (options) =>
        options.request.query === primary.operation
          ? Promise.resolve({ data: event.data, errors: event.errors } as never)
          : owner.process(options),
    };
    const requestContext = {
      request: { query, variables, operationName },
      context,
      // Must be an object: otherwise a subgraph's error would break the executor.
      metrics: {},
      logger: this.#log,
      document,
      schema: this.schema,
    };
    return executeQueryPlan(
      plan,
      { ...this.#dataSources, [primary.serviceName]: answeredByEvent },
      requestContext as unknown as Parameters<typeof executeQueryPlan>[2],
      buildOperationContext({ schema: this.schema, operationDocument: document, ...named }),
      this.#supergraphSchema,
      this.#api,
      undefined as never,
    ) as Promise<ExecutionResult>;
  }

  #plan({ query, document, operationName }: LiveOperation): SubscriptionNode {
    const key = JSON.stringify([operationName, query]);
    let node = this.#plans.get(key);
    if (!node) {
      const operation = operationFromDocument(
        this.#api,
        document,
        operationName === undefined ? {} : { operationName },
      );
      const plan = this.#planner.buildQueryPlan(operation);
      if (plan.node?.kind !== 'Subscription') throw new GraphQLError('This is not a subscription.');
      node = plan.node;
      this.#plans.set(key, node);
    }
    return node;
  }
}

import type { FetchNode } from '@apollo/query-planner';
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { SubgraphAnswer } from '../execute/execution.ts';
import type { ClientOperation } from '../execute/executor.ts';
import { writeBounded } from '../execute/jsonText.ts';
import { unauthenticated } from '../guards/authentication.ts';
import { limitOperations } from '../guards/limits.ts';
import type { CallerContext } from '../request/caller.ts';
import type { OperationRequest } from '../request/operation.ts';
import { type GatewaySettings, secretOfSubgraph } from '../settings.ts';
import { SubgraphUnavailable } from '../supergraph/dataSource.ts';
import type { ErrorMasking } from '../supergraph/errors.ts';
import { checkSize } from '../supergraph/operationSize.ts';
import { askFor, type ServedSupergraph, type SupergraphServer } from '../supergraph/supergraph.ts';
import { completeEvents } from './completion.ts';
import { Hub, type Source } from './hub.ts';
import { SubgraphSocket, type UpstreamOperation } from './upstream.ts';

/** The subscriptions of the whole graph, over any transport. */
export interface Subscriptions {
  /**
   * Parses an operation; its kind decides how it is served. @throws GraphQLError where it is malformed or ambiguous.
   */
  read(request: OperationRequest): { document: DocumentNode; operation: OperationDefinitionNode };
  /** True for a subscription; false for any other operation and for one that is malformed or ambiguous. */
  isSubscription(request: OperationRequest): boolean;
  /**
   * Returns the payloads: the state of the moment first, then each change. Errors within payloads are already masked.
   * @throws GraphQLError where the operation is refused.
   */
  subscribe(request: OperationRequest, caller: CallerContext): Promise<Source>;
  /** How many upstreams are open now; equal subscriptions share one. */
  readonly size: number;
  close(): void;
}

/** How many documents are kept, parsed and validated. */
const maxDocuments = 1_000;
/** The longest document that is kept, in characters. */
const maxKeptLength = 10_000;

export function serveSubscriptions(
  settings: GatewaySettings,
  supergraph: SupergraphServer,
  errors: ErrorMasking,
): Subscriptions {
  const limits = limitOperations(settings);
  const rules = [...specifiedRules, ...(limits.validationRules ?? [])];
  const documents = new LRUCache<string, DocumentNode>({ max: maxDocuments });
  const hubs = new Map<string, Hub>();
  const sockets = new Map<string, SubgraphSocket>();

  const endAll = () => {
    const ending = [...hubs.values()];
    hubs.clear();
    for (const hub of ending) hub.end();
  };
  supergraph.onServed(() => {
    documents.clear();
    // Clients subscribe again, to the new graph.
    endAll();
  });
  const current = (): ServedSupergraph => {
    const served = supergraph.current();
    if (!served) throw new GraphQLError('The gateway has no supergraph yet.');
    return served;
  };

  const write = (result: ExecutionResult): string =>
    writeBounded(
      result.errors ? { ...result, errors: errors.formatAll(result.errors) } : result,
      settings.MAX_ANSWER_BYTES,
    );

  const read: Subscriptions['read'] = ({ query, operationName }) => {
    let document = documents.get(query);
    if (!document) {
      document = parseWithin(settings.MAX_TOKENS, query);
      if (query.length <= maxKeptLength) documents.set(query, document);
    }
    const operation = getOperationAST(document, operationName);
    if (!operation)
      throw new GraphQLError('Say with operationName which operation of the document to run.', {
        extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
      });
    return { document, operation };
  };

  const valid = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  const check = (request: OperationRequest, caller: CallerContext): ClientOperation => {
    const { document, operation } = read(request);
    const { schema, sizeRules, needsCaller } = current();
    const problems = valid.get(document) ?? validate(schema, document, rules, { maxErrors: 20 });
    valid.set(document, problems);
    if (problems[0]) {
      throw new GraphQLError(problems.map(({ message }) => message).join('\n'), {
        nodes: problems[0].nodes ?? null,
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      });
    }
    checkSize(settings, schema, sizeRules, document, operation, request.variables);
    if (caller.problem && needsCaller(document, operation, request.variables))
      throw unauthenticated(caller.problem);
    return { ...request, key: request.query, document };
  };

  /** Checks and plans a subscription. Where the supergraph changes meanwhile, does both again. */
  const plan = async (request: OperationRequest, caller: CallerContext) => {
    for (;;) {
      const served = current();
      const operation = check(request, caller);
      const primary = await served.executor.subscriptionOf(operation);
      if (served === current()) return { operation, served, upstream: upstreamOf(primary, operation) };
    }
  };

  const socketOf = (name: string): SubgraphSocket => {
    const dataSource = current().subgraphs.get(name);
    if (!dataSource) throw new SubgraphUnavailable(name, 'is not part of the supergraph');
    const known = sockets.get(dataSource.url);
    if (known) return known;
    const socket = new SubgraphSocket({
      url: dataSource.url,
      internalSecret: secretOfSubgraph(name, settings),
    });
    sockets.set(dataSource.url, socket);
    return socket;
  };

  return {
    read,
    isSubscription(request) {
      try {
        return read(request).operation.operation === 'subscription';
      } catch {
        return false;
      }
    },
    async subscribe(request, asker) {
      const { operation, served, upstream } = await plan(request, asker);
      const { authorization } = asker.forwarded;
      // Only what equal subscriptions have in common: no cookies, and no answer that could carry cookies.
      const caller: CallerContext = {
        ...asker,
        forwarded: authorization === undefined ? {} : { authorization },
        passCookies: () => undefined,
      };
      const key = JSON.stringify([
        operation.operationName,
        operation.key,
        operation.variables,
        authorization,
      ]);
      const shared = hubs.get(key);
      if (shared) return shared.join();
      const { executor, subgraphs } = served;
      const hub = new Hub({
        open: () =>
          completeEvents(socketOf(upstream.subgraph).subscribe(upstream, caller), {
            complete: (event) =>
              executor.complete(operation, event as SubgraphAnswer, askFor(subgraphs, caller)),
            isSurprise: errors.isSurprise,
            write,
          }),
        patienceMs: settings.SUBGRAPH_TIMEOUT_MS,
        onOverdue: () => {
          const why = `sent no first payload within ${settings.SUBGRAPH_TIMEOUT_MS} ms`;
          const error = new SubgraphUnavailable(upstream.subgraph, why);
          return write({ errors: [new GraphQLError(error.message, { originalError: error })] });
        },
        onEmpty: () => {
          if (hubs.get(key) === hub) hubs.delete(key);
        },
      });
      // The hub is kept only once its upstream could be opened.
      const source = hub.join();
      hubs.set(key, hub);
      return source;
    },
    get size() {
      return hubs.size;
    },
    close() {
      endAll();
      for (const socket of sockets.values()) socket.close();
    },
  };
}

/** Returns the operation to subscribe to, with the variables that it uses. */
function upstreamOf(primary: FetchNode, { variables }: ClientOperation): UpstreamOperation {
  const used = (primary.variableUsages ?? []).filter((name) => Object.hasOwn(variables, name));
  return {
    subgraph: primary.serviceName,
    query: primary.operation,
    operationName: primary.operationName,
    variables: Object.fromEntries(used.map((name) => [name, variables[name]])),
  };
}

function parseWithin(maxTokens: number, query: string): DocumentNode {
  try {
    return parse(query, { maxTokens });
  } catch (error) {
    const { message, nodes, source, positions } = error as GraphQLError;
    throw new GraphQLError(message, {
      ...{ nodes: nodes ?? null, source: source ?? null, positions: positions ?? null },
      extensions: { code: 'GRAPHQL_PARSE_FAILED' },
    });
  }
}

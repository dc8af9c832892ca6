import type { FetchDataRewrite, FetchNode, PlanNode } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import {
  EntityQueries,
  type EntityQuery,
  representations,
  type SubgraphOperation,
  subgraphOperation,
} from './entityQuery.ts';
import type { PlanPath } from './places.ts';
import { type Represent, representBy } from './representation.ts';

/** One fetch of a plan. */
interface Fetch {
  readonly node: FetchNode;
  /** The place of the objects that the fetch completes; empty for the fields of the root. */
  readonly path: PlanPath;
  /** The fetches whose answers it needs. */
  readonly after: readonly Fetch[];
  /** 0 for a fetch that needs no other; else one more than the deepest that it needs. */
  readonly depth: number;
}

/** Fetches that become one request. */
interface Group {
  readonly depth: number;
  /** The subgraph, for fetches of entities; null for a fetch that stays alone. */
  readonly subgraph: string | null;
  readonly fetches: Fetch[];
}

/** The fields of the root that one subgraph answers, or of objects that are no entities. */
export interface RootPart {
  readonly path: PlanPath;
  readonly operation: SubgraphOperation;
  readonly isMutation: boolean;
  /** What the planner changes in the answer. */
  readonly outputRewrites: readonly FetchDataRewrite[] | undefined;
}

/** Entities at one place in the data that one subgraph completes. */
export interface EntityPart {
  readonly path: PlanPath;
  readonly query: EntityQuery;
  readonly represent: Represent;
}

/** One HTTP request: a fetch of root fields, or all fetches of entities that one subgraph can answer together. */
export interface PlannedRequest {
  readonly subgraph: string;
  /** The requests that must have been answered before, by their positions. */
  readonly after: readonly number[];
  readonly root?: RootPart;
  readonly entities: readonly EntityPart[];
}

/** A plan as requests, each after those that it waits for. */
export interface RequestPlan {
  readonly requests: readonly PlannedRequest[];
  readonly queries: EntityQueries;
}

/** A part of a plan that this executor does not know. Apollo's executor gets the operation instead. */
export class UnsupportedPlan extends Error {
  override name = 'UnsupportedPlan';
}

/**
 * Turns a query plan into requests. Fetches of entities from one subgraph that are equally deep in the plan share one
 * request, so a request starts once everything that any of them needs has come. (*Instead:* starting each as soon as
 * it can saves a wait where subgraphs differ in speed, and costs twice as many requests.)
 */
export function planRequests(node: PlanNode | undefined, supergraph: GraphQLSchema): RequestPlan {
  const fetches: Fetch[] = [];
  const walk = (node: PlanNode, path: PlanPath, after: readonly Fetch[]): readonly Fetch[] => {
    switch (node.kind) {
      case 'Sequence':
        return node.nodes.reduce((before, each) => walk(each, path, before), after);
      case 'Parallel': {
        const last = node.nodes.flatMap((each) => walk(each, path, after));
        return last.length > 0 ? [...new Set(last)] : after;
      }
      case 'Flatten':
        return walk(node.node, [...path, ...node.path.map(String)], after);
      case 'Fetch': {
        if (node.contextRewrites) throw new UnsupportedPlan('it sets a context');
        if (node.requires && node.variableUsages?.includes(representations))
          throw new UnsupportedPlan(`it uses a variable named ${representations}`);
        const depth = Math.max(-1, ...after.map((each) => each.depth)) + 1;
        const fetch = { node, path, after, depth };
        fetches.push(fetch);
        return [fetch];
      }
      default:
        throw new UnsupportedPlan(`it has a node of the kind ${node.kind}`);
    }
  };
  if (node) walk(node, [], []);
  return groupFetches(fetches, supergraph);
}

function groupFetches(fetches: readonly Fetch[], supergraph: GraphQLSchema): RequestPlan {
  const waitedFor = new Set(fetches.flatMap(({ after }) => after));
  const groups: Group[] = [];
  // The deepest first: a fetch that no other waits for can join a later request to its subgraph, at no cost of time.
  for (const fetch of [...fetches].sort((one, other) => other.depth - one.depth)) {
    const { requires, serviceName } = fetch.node;
    const group = groups.find(
      ({ depth, subgraph }) =>
        requires && subgraph === serviceName && (depth === fetch.depth || !waitedFor.has(fetch)),
    );
    if (group) group.fetches.push(fetch);
    else groups.push({ depth: fetch.depth, subgraph: requires ? serviceName : null, fetches: [fetch] });
  }
  // The deepest last, so that each request comes after those that it waits for.
  const sorted = groups.sort((one, other) => one.depth - other.depth).map((group) => group.fetches.reverse());
  const positions = new Map<Fetch, number>();
  for (const [position, group] of sorted.entries()) for (const fetch of group) positions.set(fetch, position);
  const queries = new EntityQueries();
  const requests = sorted.map((group): PlannedRequest => {
    const [{ node, path }] = group as [Fetch];
    const needed = group.flatMap(({ after }) => after.map((fetch) => positions.get(fetch) as number));
    const root = node.requires ? {} : { root: rootPart(node, path) };
    const entities = node.requires ? group.map((fetch) => entityPart(fetch, queries, supergraph)) : [];
    return { subgraph: node.serviceName, after: [...new Set(needed)], ...root, entities };
  });
  return { requests, queries };
}

const rootPart = (fetch: FetchNode, path: PlanPath): RootPart => ({
  path,
  operation: subgraphOperation(fetch.operation, fetch.operationName, fetch.variableUsages ?? []),
  isMutation: fetch.operationKind === 'mutation',
  outputRewrites: fetch.outputRewrites,
});

const entityPart = (
  { node, path }: Fetch,
  queries: EntityQueries,
  supergraph: GraphQLSchema,
): EntityPart => ({
  path,
  query: queries.of(node),
  represent: representBy(supergraph, node.requires ?? [], node.inputRewrites),
});

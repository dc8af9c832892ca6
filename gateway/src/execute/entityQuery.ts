import type { FetchDataRewrite, FetchNode } from '@apollo/query-planner';
import {
  type DefinitionNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  type VariableDefinitionNode,
  visit,
} from 'graphql';

import { oneByte } from './jsonString.ts';

/** The variable that holds the representations of a fetch of entities, as the planner writes it. */
export const representations = 'representations';

/** An operation for a subgraph. */
export interface SubgraphOperation {
  readonly operationName: string | undefined;
  /** The variables of the client's operation that it uses. */
  readonly variables: readonly string[];
  /** The JSON of the request up to the first variable. */
  readonly head: string;
}

export const subgraphOperation = (
  text: string,
  operationName: string | undefined,
  variables: readonly string[],
): SubgraphOperation => ({
  operationName,
  variables,
  head: oneByte(
    `{"query":${JSON.stringify(text)}${
      operationName ? `,"operationName":${JSON.stringify(operationName)}` : ''
    },"variables":{`,
  ),
});

/** What is asked of entities of one subgraph. */
export interface EntityQuery {
  /** Different for each query of a plan. */
  readonly id: number;
  readonly text: string;
  readonly operationName: string | undefined;
  /** The variables of the client's operation that it uses. */
  readonly variables: readonly string[];
  /** What the planner changes in each entity of the answer. */
  readonly outputRewrites: readonly FetchDataRewrite[] | undefined;
}

/** Several queries in one operation; each has its own key in the answer, and its own variable. */
export interface CombinedQuery extends SubgraphOperation {
  readonly parts: readonly { readonly key: string; readonly variable: string }[];
}

/** The queries of one plan, each once, and the operations that combine them. */
export class EntityQueries {
  readonly #queries = new Map<string, EntityQuery>();
  readonly #combined = new Map<string, CombinedQuery>();

  /** Returns the query of a fetch. Fetches that select the same have the same query. */
  of({ serviceName, operation, operationName, variableUsages, outputRewrites }: FetchNode): EntityQuery {
    // The planner gives each fetch a name of its own.
    const selection = operation.replace(/^query\s+\w+/, '');
    const key = JSON.stringify([serviceName, selection, outputRewrites]);
    const query = this.#queries.get(key) ?? {
      id: this.#queries.size,
      text: operation,
      operationName,
      variables: variableUsages ?? [],
      outputRewrites,
    };
    this.#queries.set(key, query);
    return query;
  }

  /** Returns one operation for all of these queries; they must be of the same subgraph. */
  combine(queries: readonly EntityQuery[]): CombinedQuery {
    const key = queries.map(({ id }) => id).join();
    const combined = this.#combined.get(key) ?? combine(queries);
    this.#combined.set(key, combined);
    return combined;
  }
}

function combine(queries: readonly EntityQuery[]): CombinedQuery {
  const [first] = queries as readonly [EntityQuery];
  if (queries.length === 1) {
    return {
      ...subgraphOperation(first.text, first.operationName, first.variables),
      parts: [{ key: '_entities', variable: representations }],
    };
  }
  const fields: FieldNode[] = [];
  const fragments: DefinitionNode[] = [];
  const variables = new Map<string, VariableDefinitionNode>();
  const parts = queries.map((query, index) => {
    const part = { key: `_entities${index}`, variable: `${representations}${index}` };
    for (const definition of renamed(query.text, part.variable, `_${index}`).definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) {
        fragments.push(definition);
        continue;
      }
      for (const each of definition.variableDefinitions ?? []) variables.set(each.variable.name.value, each);
      for (const each of definition.selectionSet.selections) {
        if (each.kind === Kind.FIELD) fields.push({ ...each, alias: { kind: Kind.NAME, value: part.key } });
      }
    }
    return part;
  });
  const operation: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: OperationTypeNode.QUERY,
    ...(first.operationName ? { name: { kind: Kind.NAME, value: first.operationName } } : {}),
    variableDefinitions: [...variables.values()],
    selectionSet: { kind: Kind.SELECTION_SET, selections: fields },
  };
  const text = print({ kind: Kind.DOCUMENT, definitions: [operation, ...fragments] });
  const used = [...new Set(queries.flatMap((query) => query.variables))];
  return { ...subgraphOperation(text, first.operationName, used), parts };
}

/** Parses an operation, with another name for its representations and a suffix for each fragment. */
const renamed = (text: string, variable: string, suffix: string) =>
  visit(parse(text, { noLocation: true }), {
    Variable: (node) =>
      node.name.value === representations ? { ...node, name: { ...node.name, value: variable } } : undefined,
    FragmentSpread: (node) => ({ ...node, name: { ...node.name, value: node.name.value + suffix } }),
    FragmentDefinition: (node) => ({ ...node, name: { ...node.name, value: node.name.value + suffix } }),
  });

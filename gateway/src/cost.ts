import type { ApolloServerPlugin } from '@apollo/server';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromAST,
} from 'graphql';
import type { CallerContext } from './caller.ts';
import { httpStatus } from './transport.ts';

/** Arguments that say how many there may be of what a field selects. */
const pageSizes = new Set(['first', 'last']);

/** Refuses an operation whose answer may hold more fields than `maxCost`, before any subgraph is asked. */
export function limitCost(maxCost: number): ApolloServerPlugin<CallerContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request }) {
          if (!operation) return;
          checkCost(maxCost, schema, document, operation, request.variables ?? {});
        },
      };
    },
  };
}

/** @throws GraphQLError BAD_USER_INPUT where the answer may hold more than `maxCost` fields. */
export function checkCost(
  maxCost: number,
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  const cost = costOf(schema, document, operation, variables);
  if (cost <= maxCost) return;
  throw new GraphQLError(
    `The answer may hold ${cost} fields, which is more than ${maxCost}. Ask for less in one operation.`,
    { extensions: { code: 'BAD_USER_INPUT', ...httpStatus(400) } },
  );
}

/**
 * The most fields that the answer to an operation may hold, where pages are full: each field counts once, and what
 * it selects as often as its `first` or `last` says, be that a literal, a variable or the schema's default. Lists
 * without such an argument count as one. Takes time in proportion to the document, however its fragments nest.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const defaults = Object.fromEntries(
    (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
    ),
  );
  const given = { ...defaults, ...variables };
  const costOfFragment = new Map<string, number>();

  const ofSelections = (parent: GraphQLCompositeType, { selections }: SelectionSetNode): number => {
    let cost = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        cost += ofField(parent, selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : parent;
        if (isCompositeType(type)) cost += ofSelections(type, selection.selectionSet);
      } else {
        cost += ofFragment(selection.name.value);
      }
    }
    return cost;
  };

  const ofFragment = (name: string): number => {
    const known = costOfFragment.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    const cost = fragment && isCompositeType(type) ? ofSelections(type, fragment.selectionSet) : 0;
    costOfFragment.set(name, cost);
    return cost;
  };

  const ofField = (parent: GraphQLCompositeType, field: FieldNode): number => {
    const definition = 'getFields' in parent ? parent.getFields()[field.name.value] : undefined;
    const type = definition && getNamedType(definition.type);
    if (!definition || !isCompositeType(type) || !field.selectionSet) return 1;
    let times = 1;
    for (const { name, type: argumentType, defaultValue } of definition.args) {
      if (!pageSizes.has(name)) continue;
      const literal = field.arguments?.find((argument) => argument.name.value === name)?.value;
      // A variable that was not given leaves the argument to the schema's default, as when it is executed.
      const value = (literal && valueFromAST(literal, argumentType, given)) ?? defaultValue;
      if (typeof value === 'number' && value > times) times = value;
    }
    return 1 + times * ofSelections(type, field.selectionSet);
  };

  const root = schema.getRootType(operation.operation);
  return root ? ofSelections(root, operation.selectionSet) : 0;
}

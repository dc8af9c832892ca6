import {
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import type { PlannedKeys } from './neededFields.ts';

/** One operation of a document, and what it takes to execute it. */
export interface Operation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** The variables that any `@skip` or `@include` reads, sorted by name. Their values decide what is fetched. */
  readonly conditions: readonly string[];
}

/** Returns an operation of a validated document. @throws Error where the document has no operation of that name. */
export function readOperation(document: DocumentNode, operationName: string | undefined): Operation {
  const node = getOperationAST(document, operationName);
  if (!node) throw new Error(`there is no operation ${operationName ?? ''} in the document`);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const conditions = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given ?? []) {
        if (value.kind === Kind.VARIABLE) conditions.add(value.name.value);
      }
    },
  });
  return { document, node, fragments, conditions: [...conditions].sort() };
}

/** True for `__schema` and `__type`, which the gateway answers itself. */
export const isIntrospection = ({ name }: FieldNode): boolean =>
  name.value === '__schema' || name.value === '__type';

/** True where `@skip` or `@include` leaves a selection out. @param variables the operation's, with their defaults */
export function isLeftOut(
  directives: readonly DirectiveNode[] | undefined,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  return (directives ?? []).some(({ name, arguments: given }) => {
    if (name.value !== 'skip' && name.value !== 'include') return false;
    const condition = given?.[0]?.value;
    const value =
      condition?.kind === Kind.VARIABLE
        ? variables[condition.name.value]
        : condition?.kind === Kind.BOOLEAN && condition.value;
    return (value === true) === (name.value === 'skip');
  });
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/**
 * Returns the document as it is planned, with the keys that subgraphs are to use, without what is left out and without the fields that the gateway answers
 * itself. The planner could do both, but not well: where a field that is left out needs another by `@requires`, fetches
 * beside it fail without an error; and on `isOneOf` it throws, because its introspection types are older than
 * graphql-js's.
 */
export function documentToPlan(
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  keys: PlannedKeys,
): DocumentNode {
  const keepUnlessLeftOut = <Node extends { readonly directives?: readonly DirectiveNode[] }>(node: Node) => {
    if (isLeftOut(node.directives, variables)) return null;
    const directives = node.directives?.filter(
      ({ name: { value } }) => value !== 'skip' && value !== 'include',
    );
    return { ...node, directives };
  };
  const kept: DocumentNode = visit(document, {
    Field(field) {
      if (isIntrospection(field)) return typename;
      const kept = keepUnlessLeftOut(field);
      return kept && withKey(kept, keys.of(field));
    },
    InlineFragment: keepUnlessLeftOut,
    FragmentSpread: keepUnlessLeftOut,
    SelectionSet: {
      leave: (set) => (set.selections.length === 0 ? { ...set, selections: [typename] } : undefined),
    },
  });
  return withoutUnusedFragments(kept);
}

function withKey(field: FieldNode, key: string): FieldNode {
  const { name, alias } = field;
  return key === (alias ?? name).value ? field : { ...field, alias: { kind: Kind.NAME, value: key } };
}

/** Leaves out the fragments that no operation uses any more. */
function withoutUnusedFragments(document: DocumentNode): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const used = new Set<string>();
  const follow = (node: DefinitionNode): void => {
    visit(node, {
      FragmentSpread({ name: { value } }) {
        const fragment = fragments.get(value);
        if (used.has(value) || !fragment) return;
        used.add(value);
        follow(fragment);
      },
    });
  };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) follow(definition);
  }
  const definitions = document.definitions.filter(
    (definition) => definition.kind !== Kind.FRAGMENT_DEFINITION || used.has(definition.name.value),
  );
  return { ...document, definitions };
}

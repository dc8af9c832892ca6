import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { linkedSpecs } from './supergraphLinks.ts';

/** True where an operation selects anything that only a signed-in caller may have. */
export type NeedsCaller = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
) => boolean;

/** Returns the types (`Account`) and fields (`Query.me`) that the supergraph marks. */
function markedCoordinates(supergraph: DocumentNode): ReadonlySet<string> {
  const names = new Set(
    linkedSpecs(supergraph)
      .filter(({ spec }) => spec === 'authenticated' || spec === 'requiresScopes')
      .map(({ directive }) => directive),
  );
  const marked = new Set<string>();
  const isMarked = (directives: readonly DirectiveNode[] | undefined) =>
    directives?.some(({ name }) => names.has(name.value)) ?? false;
  for (const definition of supergraph.definitions) {
    if (!('name' in definition) || !definition.name) continue;
    const type = definition.name.value;
    if (isMarked(definition.directives as readonly DirectiveNode[] | undefined)) marked.add(type);
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue;
    for (const field of definition.fields ?? []) {
      if (isMarked(field.directives)) marked.add(`${type}.${field.name.value}`);
    }
  }
  return marked;
}

/**
 * Reads from a supergraph which fields need a signed-in caller: those with `@authenticated` or `@requiresScopes` on
 * the field, on the type that has it or on the type it leads to. The subgraphs judge scopes, because only they know
 * which scopes a token stands for.
 * @param api the schema that clients see, made from the same supergraph
 */
export function readRequirements(supergraphSdl: string, api: GraphQLSchema): NeedsCaller {
  const marked = markedCoordinates(parse(supergraphSdl, { noLocation: true }));
  // Documents are parsed once and kept by the server, so most operations are walked once per supergraph.
  const known = new WeakMap<OperationDefinitionNode, boolean>();
  return (document, operation, variables) => {
    if (marked.size === 0) return false;
    const before = known.get(operation);
    if (before !== undefined) return before;
    const walk = new Walk(api, marked, document, variables);
    const root = api.getRootType(operation.operation);
    const needs = root ? walk.selects(root, operation.selectionSet) : false;
    if (!walk.dependsOnVariables) known.set(operation, needs);
    return needs;
  };
}

/** One walk through an operation and its fragments, each fragment once. */
class Walk {
  /** True once `@skip` or `@include` has read a variable: then the result does not hold for every request. */
  dependsOnVariables = false;
  readonly #api: GraphQLSchema;
  readonly #marked: ReadonlySet<string>;
  readonly #variables: Readonly<Record<string, unknown>>;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #seen = new Set<string>();

  constructor(
    api: GraphQLSchema,
    marked: ReadonlySet<string>,
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
  ) {
    this.#api = api;
    this.#marked = marked;
    this.#variables = variables;
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
    }
  }

  selects(parent: GraphQLCompositeType, { selections }: SelectionSetNode): boolean {
    return selections.some((selection) => {
      if (this.#isLeftOut(selection.directives)) return false;
      if (selection.kind === Kind.FIELD) {
        const field = 'getFields' in parent ? parent.getFields()[selection.name.value] : undefined;
        if (!field) return false;
        const type = getNamedType(field.type);
        if (this.#isMarked(parent.name, `${parent.name}.${field.name}`, type.name)) return true;
        return isCompositeType(type) && selection.selectionSet
          ? this.selects(type, selection.selectionSet)
          : false;
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = selection.typeCondition ? this.#api.getType(selection.typeCondition.name.value) : parent;
        return isCompositeType(type) ? this.selects(type, selection.selectionSet) : false;
      }
      const fragment = this.#fragments.get(selection.name.value);
      if (!fragment || this.#seen.has(fragment.name.value)) return false;
      this.#seen.add(fragment.name.value);
      const type = this.#api.getType(fragment.typeCondition.name.value);
      return isCompositeType(type) ? this.selects(type, fragment.selectionSet) : false;
    });
  }

  #isMarked(...coordinates: string[]): boolean {
    return coordinates.some((coordinate) => this.#marked.has(coordinate));
  }

  #isLeftOut(directives: readonly DirectiveNode[] | undefined): boolean {
    return (directives ?? []).some(({ name, arguments: given }) => {
      if (name.value !== 'skip' && name.value !== 'include') return false;
      const condition = given?.[0]?.value;
      if (condition?.kind === Kind.BOOLEAN) return condition.value === (name.value === 'skip');
      if (condition?.kind !== Kind.VARIABLE) return false;
      this.dependsOnVariables = true;
      // A variable without a value counts as selected: asking for a token too often is better than too seldom.
      return this.#variables[condition.name.value] === (name.value === 'skip');
    });
  }
}

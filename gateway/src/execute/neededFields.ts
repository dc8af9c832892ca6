import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  Kind,
  parse,
  print,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** The arguments of each field that a field needs, by the path to it, such as `size.width` → `(unit: CM)`. */
type Needs = ReadonlyMap<string, string>;

/** What subgraphs need of entities besides what clients ask for: their keys, and what `@requires` names. */
export interface NeededFields {
  /** The names of all of these fields, on any type. */
  readonly names: ReadonlySet<string>;
  /** The names of those that are needed with arguments. */
  readonly withArguments: ReadonlySet<string>;
  /** Pairs of fields of one type that need another field with different arguments, such as `Product.us Product.eu`. */
  readonly conflicts: ReadonlyMap<string, string>;
}

/** Reads what subgraphs need from the directives `@join__type(key:)` and `@join__field(requires:)`. */
export function readNeededFields(supergraph: DocumentNode): NeededFields {
  const names = new Set(['__typename']);
  const withArguments = new Set<string>();
  const conflicts = new Map<string, string>();
  const note = ({ name, arguments: given = [] }: FieldNode) => {
    names.add(name.value);
    if (given.length > 0) withArguments.add(name.value);
  };
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue;
    for (const key of selectionsOf(definition.directives, 'join__type', 'key')) visit(key, { Field: note });
    const needsOf = new Map<string, Needs>();
    for (const { name, directives } of definition.fields ?? []) {
      for (const required of selectionsOf(directives, 'join__field', 'requires')) {
        visit(required, { Field: note });
        needsOf.set(name.value, argumentsIn(required));
      }
    }
    const type = definition.name.value;
    for (const [one, other] of pairsInConflict(needsOf)) {
      conflicts.set(`${type}.${one} ${type}.${other}`, type);
    }
  }
  return { names, withArguments, conflicts };
}

/** Returns the selections that an argument of these directives has. */
function selectionsOf(
  directives: readonly ConstDirectiveNode[] | undefined,
  directive: string,
  argument: string,
): SelectionSetNode[] {
  return (directives ?? []).flatMap(({ name, arguments: given = [] }) => {
    const value = given.find((each) => each.name.value === argument)?.value;
    if (name.value !== directive || value?.kind !== Kind.STRING) return [];
    const [operation] = parse(`{${value.value}}`, { noLocation: true }).definitions;
    return operation?.kind === Kind.OPERATION_DEFINITION ? [operation.selectionSet] : [];
  });
}

function argumentsIn(selections: SelectionSetNode, before = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    const isField = selection.kind === Kind.FIELD;
    const path = isField ? `${before}${selection.name.value}` : before;
    if (isField) found.set(path, (selection.arguments ?? []).map(print).sort().join());
    if (!selection.selectionSet) continue;
    for (const [each, given] of argumentsIn(selection.selectionSet, isField ? `${path}.` : before))
      found.set(each, given);
  }
  return found;
}

/** Returns the pairs of fields that need another field with different arguments, also where a needed field needs it. */
function pairsInConflict(needsOf: ReadonlyMap<string, Needs>): [string, string][] {
  const all = (field: string, seen = new Set<string>()): [string, string][] => {
    if (seen.has(field)) return [];
    seen.add(field);
    const own = [...(needsOf.get(field) ?? [])];
    return [...own, ...own.flatMap(([path]) => all(path, seen))];
  };
  const fields = [...needsOf.keys()].map((name) => ({ name, needs: all(name) }));
  return fields.flatMap((one, index) =>
    fields
      .slice(index + 1)
      .filter((other) =>
        one.needs.some(([path, given]) => other.needs.some((each) => each[0] === path && each[1] !== given)),
      )
      .map((other): [string, string] => [one.name, other.name]),
  );
}

/**
 * Refuses an operation that selects two fields which need another field with different arguments. The planner would
 * fetch the other field once, and one of the two would be computed from the wrong value, without an error.
 * @throws GraphQLError
 */
export function refuseConflicts(
  { conflicts }: NeededFields,
  schema: GraphQLSchema,
  document: DocumentNode,
): void {
  if (conflicts.size === 0) return;
  const selected = new Set<string>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name }) {
        const parent = types.getParentType();
        const possible = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent];
        for (const type of possible) if (isObjectType(type)) selected.add(`${type.name}.${name.value}`);
      },
    }),
  );
  for (const pair of conflicts.keys()) {
    const [one, other] = pair.split(' ') as [string, string];
    if (selected.has(one) && selected.has(other))
      throw new GraphQLError(
        `${one} and ${other} need the same field with different arguments, and cannot be asked for in one operation. Ask for them in two.`,
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      );
  }
}

/**
 * The keys under which subgraphs answer the fields of one operation. A client may use the name of a field that some
 * subgraph needs for another field, as in `{ id: name }`, or ask for it with arguments of its own. The planner would take
 * the client's value for the needed one. So such a field has another key in what is planned, and the client's in the
 * answer.
 */
export class PlannedKeys {
  readonly #needed: NeededFields;
  readonly #prefix: string;

  constructor(needed: NeededFields, document: DocumentNode) {
    this.#needed = needed;
    const keys = new Set<string>();
    visit(document, { Field: ({ alias, name }) => void keys.add((alias ?? name).value) });
    let n = 0;
    while ([...keys].some((key) => key.startsWith(`_${n}_`))) n++;
    this.#prefix = `_${n}_`;
  }

  /** Returns the key of a field in the subgraphs' answers. */
  of({ alias, name, arguments: given = [] }: FieldNode): string {
    const key = (alias ?? name).value;
    const { names, withArguments } = this.#needed;
    const isPlain = key === name.value && given.length === 0 && !withArguments.has(key);
    return isPlain || !names.has(key) ? key : `${this.#prefix}${key}`;
  }

  /** Returns the client's key for a key in the subgraphs' answers. */
  readonly clientKey = <Key extends string | number>(key: Key): Key | string =>
    typeof key === 'string' && key.startsWith(this.#prefix) ? key.slice(this.#prefix.length) : key;
}

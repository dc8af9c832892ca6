import type { ApolloServerPlugin } from '@apollo/server';
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  valueFromAST,
  valueFromASTUntyped,
} from 'graphql';
import type { CallerContext, OperationSize } from '../request/caller.ts';
import { httpStatus } from '../request/transport.ts';
import { linkedSpecs } from './supergraphLinks.ts';

/** The length of a field's list, or of the lists of some of its fields. */
interface ListSize {
  readonly assumedSize?: number | null;
  /** The arguments that set the length. */
  readonly slicingArguments?: readonly string[] | null;
  /** The fields whose lists have this length; without any, it is the field's own list. */
  readonly sizedFields?: readonly string[] | null;
}

/** The sizes that a supergraph declares, by field such as `Task.description`. */
export interface SizeRules {
  /** `@cost(weight:)` of a field: the bytes of its longest value. */
  readonly weights: ReadonlyMap<string, number>;
  /** `@listSize` of a field. */
  readonly lists: ReadonlyMap<string, ListSize>;
}

/** The arguments that set the length of lists, where a supergraph has no `@listSize`. */
const pageSizes = ['first', 'last', 'limit'];

/** The bytes of a value, including quotes, where a supergraph has no `@cost`. */
const bytesOfType: Readonly<Record<string, number>> = { Int: 11, Float: 24, Boolean: 5, ID: 40, String: 256 };
const bytesOfOtherScalars = 64;

/** Reads from a supergraph how long texts and lists may be. */
export function readSizeRules(supergraphSdl: string): SizeRules {
  const supergraph = parse(supergraphSdl, { noLocation: true });
  const linked = linkedSpecs(supergraph).find(({ spec }) => spec === 'cost')?.directive ?? 'cost';
  const weights = new Map<string, number>();
  const lists = new Map<string, ListSize>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue;
    for (const field of definition.fields ?? []) {
      const coordinate = `${definition.name.value}.${field.name.value}`;
      for (const directive of field.directives ?? []) {
        const given = argumentsOf(directive);
        if (directive.name.value === linked) weights.set(coordinate, Number(given.weight));
        // Imported, the directive has its own name; else its name begins with its specification's.
        if (['listSize', `${linked}__listSize`].includes(directive.name.value)) lists.set(coordinate, given);
      }
    }
  }
  return { weights, lists };
}

const argumentsOf = (directive: ConstDirectiveNode): Record<string, unknown> =>
  Object.fromEntries(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  );

/** The limits of one operation's answer. */
export interface SizeLimits {
  readonly MAX_COST: number;
  readonly MAX_ANSWER_BYTES: number;
}

/** Refuses an operation whose answer may be too large, before any subgraph is asked. */
export function limitSize(
  limits: SizeLimits,
  rulesOf: (schema: GraphQLSchema) => SizeRules,
): ApolloServerPlugin<CallerContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request, contextValue }) {
          if (!operation) return;
          const variables = request.variables ?? {};
          contextValue.size = checkSize(limits, schema, rulesOf(schema), document, operation, variables);
        },
      };
    },
  };
}

/** Returns how large the answer may be. @throws GraphQLError BAD_USER_INPUT where that exceeds the limits. */
export function checkSize(
  limits: SizeLimits,
  schema: GraphQLSchema,
  rules: SizeRules,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): OperationSize {
  const size = sizeOf(schema, rules, document, operation, variables);
  const refuse = (what: string, most: number) =>
    new GraphQLError(`The answer may ${what}, which is more than ${most}. Ask for less in one operation.`, {
      extensions: { code: 'BAD_USER_INPUT', ...httpStatus(400) },
    });
  if (size.fields > limits.MAX_COST) throw refuse(`hold ${size.fields} fields`, limits.MAX_COST);
  if (size.bytes > limits.MAX_ANSWER_BYTES) throw refuse(`have ${size.bytes} bytes`, limits.MAX_ANSWER_BYTES);
  return size;
}

/** The number of elements of a field, and of the lists of some of its fields. */
interface Times {
  readonly own: number;
  readonly sized: ReadonlyMap<string, number>;
}

/**
 * Returns how large the answer to an operation may be. Each field counts once, and its selection once per element.
 * The number of elements is the page size: a literal, a variable or the schema's default. A list of unknown length
 * counts as one element. Takes time in proportion to the document, however its fragments nest.
 */
export function sizeOf(
  schema: GraphQLSchema,
  rules: SizeRules,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): OperationSize {
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
  const sizeOfFragment = new Map<string, OperationSize>();
  const unsized: ReadonlyMap<string, number> = new Map();

  const ofSelections = (
    parent: GraphQLCompositeType,
    { selections }: SelectionSetNode,
    sized: ReadonlyMap<string, number>,
  ): OperationSize => {
    let fields = 0;
    let bytes = 2;
    for (const selection of selections) {
      let size: OperationSize = nothing;
      if (selection.kind === Kind.FIELD) {
        size = ofField(parent, selection, sized.get(selection.name.value) ?? 1);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : parent;
        if (isCompositeType(type)) size = ofSelections(type, selection.selectionSet, sized);
      } else {
        size = ofFragment(selection.name.value, sized);
      }
      fields += size.fields;
      bytes += size.bytes;
    }
    return { fields, bytes };
  };

  const ofFragment = (name: string, sized: ReadonlyMap<string, number>): OperationSize => {
    // The same fragment may be used in pages of different sizes.
    const key = `${name} ${[...sized].join()}`;
    const known = sizeOfFragment.get(key);
    if (known) return known;
    const fragment = fragments.get(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    const size =
      fragment && isCompositeType(type) ? ofSelections(type, fragment.selectionSet, sized) : nothing;
    sizeOfFragment.set(key, size);
    return size;
  };

  /** @param outer the length of this field's list as the field around it declares it; else 1 */
  const ofField = (parent: GraphQLCompositeType, field: FieldNode, outer: number): OperationSize => {
    const keyBytes = (field.alias ?? field.name).value.length + 4;
    const definition = 'getFields' in parent ? parent.getFields()[field.name.value] : undefined;
    if (!definition) return { fields: 1, bytes: keyBytes + 100 };
    const coordinate = `${parent.name}.${field.name.value}`;
    const type = getNamedType(definition.type);
    const times = timesOf(definition, field, rules.lists.get(coordinate));
    const elements = outer * times.own;
    if (!isCompositeType(type) || !field.selectionSet) {
      const value = rules.weights.get(coordinate) ?? bytesOf(type);
      return { fields: 1, bytes: keyBytes + elements * (value + 3) };
    }
    const inner = ofSelections(type, field.selectionSet, times.sized);
    return { fields: 1 + elements * inner.fields, bytes: keyBytes + 2 + elements * (inner.bytes + 1) };
  };

  const timesOf = (
    { args, type }: GraphQLField<unknown, unknown>,
    field: FieldNode,
    listSize: ListSize | undefined,
  ): Times => {
    let asked: number | undefined;
    for (const { name, type: argumentType, defaultValue } of args) {
      if (!(listSize?.slicingArguments ?? pageSizes).includes(name)) continue;
      const literal = field.arguments?.find((argument) => argument.name.value === name)?.value;
      // Where a variable has no value, the argument has the schema's default, as in the execution.
      const value = (literal && valueFromAST(literal, argumentType, given)) ?? defaultValue;
      if (typeof value === 'number') asked = Math.max(asked ?? 1, value, 1);
    }
    const elements = asked ?? listSize?.assumedSize ?? 1;
    const sizedFields = listSize?.sizedFields ?? [];
    if (sizedFields.length > 0)
      return { own: 1, sized: new Map(sizedFields.map((name) => [name, elements])) };
    // Without `@listSize`, a page size may be meant for a list further down.
    const isMeant = listSize ? isListType(getNullableType(type)) : true;
    return { own: isMeant ? elements : 1, sized: unsized };
  };

  const root = schema.getRootType(operation.operation);
  return root ? ofSelections(root, operation.selectionSet, unsized) : nothing;
}

const nothing: OperationSize = { fields: 0, bytes: 0 };

function bytesOf(type: GraphQLNamedType): number {
  if (isEnumType(type)) return Math.max(...type.getValues().map(({ name }) => name.length)) + 2;
  return bytesOfType[type.name] ?? bytesOfOtherScalars;
}

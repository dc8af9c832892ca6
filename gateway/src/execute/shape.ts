import type { GraphQLCompositeType } from 'graphql';
import {
  type DocumentNode,
  executeSync,
  type FieldNode,
  type GraphQLLeafType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { oneByte, quoted } from './jsonString.ts';
import type { PlannedKeys } from './neededFields.ts';
import { isIntrospection, isLeftOut, type Operation } from './operation.ts';
import { isInherited, isObject, type Json, ownValue } from './own.ts';

/** What is wrong with a value, and where in the answer. */
export interface ShapeError {
  readonly message: string;
  /** From the innermost key to the root's: keys are added on the way back from an error. */
  readonly reversedPath: (string | number)[];
}

export interface WriteOptions {
  /** The objects that are part of several others; each is written once. */
  readonly shared: ReadonlySet<Json>;
  /** The most characters that the answer may have. */
  readonly maxLength: number;
  /** The operation's variables, with their defaults. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The state of writing one answer. */
class Writing {
  readonly shared: ReadonlySet<Json>;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly errors: ShapeError[] = [];
  /** The texts of objects that are part of several others, by what is selected of them. */
  readonly texts = new Map<ObjectShape, Map<Json, string>>();
  /** The answer so far. (*Instead:* one growing string takes a millisecond to flatten in the end, for 90 KB.) */
  readonly parts: string[] = [];
  #left: number;

  constructor({ shared, maxLength, variables }: WriteOptions) {
    this.shared = shared;
    this.variables = variables;
    this.#left = maxLength;
  }

  /** A position in the answer, for `rewind` and `takeFrom`. */
  get position(): number {
    return this.parts.length;
  }

  add(part: string): void {
    this.#left -= part.length;
    if (this.#left < 0) throw new AnswerTooLong();
    this.parts.push(part);
  }

  /** Writes null in place of everything since a position. */
  rewind(position: number): void {
    this.parts.length = position;
    this.add('null');
  }

  /** Returns what was written since a position, as one part. */
  takeFrom(position: number): string {
    const text = this.parts.slice(position).join('');
    this.parts.length = position;
    this.parts.push(text);
    return text;
  }

  fail(message: string): void {
    this.errors.push({ message, reversedPath: [] });
  }

  /** Completes the paths of the errors that came after the first `before`. */
  locate(before: number, key: string | number): void {
    for (let at = before; at < this.errors.length; at++) this.errors[at]?.reversedPath.push(key);
  }
}

/** Writes a value as JSON. Returns false where it wrote null. */
type Write = (value: unknown, writing: Writing) => boolean;

interface ValueShape {
  readonly write: Write;
  /** The error of a null that is not allowed; undefined where null is allowed. */
  readonly nullError: string | undefined;
}

interface FieldShape extends ValueShape {
  /** The field's key in the answer. */
  readonly key: string;
  /** Its key in the data, which may be another one: see `PlannedKeys`. */
  readonly dataKey: string;
  /** The answer's key as JSON, with what stands before and after it. */
  readonly prefix: string;
  /** True where the data's key is one that every object has. */
  readonly isInherited: boolean;
}

/** The fields that are selected of an object of one type. */
interface ObjectShape {
  readonly fields: readonly FieldShape[];
}

/** The answer is longer than allowed. */
export class AnswerTooLong extends Error {
  override name = 'AnswerTooLong';
}

/**
 * Compiles an operation's selection into a function that writes data as the operation's answer. Only the selected
 * fields are written, in their order; a value that does not fit its type becomes null with an error.
 * @param variables the operation's variables, with their defaults: those that `@skip` and `@include` read count
 */
export class Shape {
  readonly #schema: GraphQLSchema;
  readonly #operation: Operation;
  readonly #keys: PlannedKeys;
  readonly #variables: Readonly<Record<string, unknown>>;
  readonly #rootShape: ObjectShape;

  constructor(
    schema: GraphQLSchema,
    operation: Operation,
    keys: PlannedKeys,
    variables: Readonly<Record<string, unknown>>,
  ) {
    this.#schema = schema;
    this.#keys = keys;
    this.#operation = operation;
    this.#variables = variables;
    const root = schema.getRootType(operation.node.operation);
    if (!root) throw new Error(`the schema has no ${operation.node.operation} type`);
    this.#rootShape = this.#compileObject(root, [operation.node.selectionSet]);
  }

  /** Returns the answer's data as JSON, in parts. @throws AnswerTooLong where it has more than `maxLength` characters. */
  write(data: Json, options: WriteOptions): { parts: readonly string[]; errors: readonly ShapeError[] } {
    const writing = new Writing(options);
    writeFields(data, this.#rootShape, writing);
    return { parts: writing.parts, errors: writing.errors };
  }

  #compileObject(type: GraphQLCompositeType, selectionSets: readonly SelectionSetNode[]): ObjectShape {
    const selected = new Map<string, FieldNode[]>();
    for (const { selections } of selectionSets) this.#collect(type, selections, selected, new Set());
    const fields: FieldShape[] = [];
    for (const [key, nodes] of selected) {
      const dataKey = this.#keys.of(nodes[0] as FieldNode);
      fields.push({
        key,
        dataKey,
        prefix: oneByte(`${fields.length === 0 ? '{' : ','}${JSON.stringify(key)}:`),
        isInherited: isInherited(dataKey),
        ...this.#compileField(type, nodes),
      });
    }
    return { fields };
  }

  /** Collects the fields that are selected of an object of this type, by their keys in the answer. */
  #collect(
    type: GraphQLCompositeType,
    selections: SelectionSetNode['selections'],
    selected: Map<string, FieldNode[]>,
    spread: Set<string>,
  ): void {
    for (const selection of selections) {
      if (isLeftOut(selection.directives, this.#variables)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const nodes = selected.get(key);
        if (nodes) nodes.push(selection);
        else selected.set(key, [selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const { typeCondition, selectionSet } = selection;
        if (!typeCondition || this.#isWithin(type, typeCondition.name.value))
          this.#collect(type, selectionSet.selections, selected, spread);
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const fragment = this.#operation.fragments.get(selection.name.value);
        if (fragment && this.#isWithin(type, fragment.typeCondition.name.value))
          this.#collect(type, fragment.selectionSet.selections, selected, spread);
      }
    }
  }

  #isWithin(type: GraphQLCompositeType, name: string): boolean {
    if (type.name === name) return true;
    const condition = this.#schema.getType(name);
    return (
      isAbstractType(condition) &&
      (isObjectType(type) || isInterfaceType(type)) &&
      this.#schema.isSubType(condition, type)
    );
  }

  #compileField(parent: GraphQLCompositeType, nodes: readonly FieldNode[]): ValueShape {
    const [node] = nodes as readonly [FieldNode];
    const name = node.name.value;
    if (name === '__typename') return typenameOf(parent);
    if (isIntrospection(node)) return { write: this.#compileIntrospection(nodes), nullError: undefined };
    const field = 'getFields' in parent ? parent.getFields()[name] : undefined;
    if (!field) throw new Error(`the type ${parent.name} has no field ${name}`);
    return this.#compileValue(field.type, nodes, `${parent.name}.${name}`);
  }

  /** @param coordinate the field, such as `Task.title`, for error messages */
  #compileValue(type: GraphQLOutputType, nodes: readonly FieldNode[], coordinate: string): ValueShape {
    if (isNonNullType(type)) {
      const { write } = this.#compileValue(type.ofType, nodes, coordinate);
      return { write, nullError: `Cannot return null for non-nullable field ${coordinate}.` };
    }
    if (isListType(type)) {
      const element = this.#compileValue(type.ofType, nodes, coordinate);
      return { write: writeList(element, coordinate), nullError: undefined };
    }
    if (isLeafType(type)) return { write: writeLeaf(type, coordinate), nullError: undefined };
    return { write: this.#compileObjects(type, nodes, coordinate), nullError: undefined };
  }

  #compileObjects(type: GraphQLCompositeType, nodes: readonly FieldNode[], coordinate: string): Write {
    const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    // Compiled when the first object of a type comes: fragments can select far more than any answer has.
    const shapes = new Map<unknown, ObjectShape>();
    const shapeOf = (typename: unknown): ObjectShape | undefined => {
      const known = shapes.get(typename);
      if (known) return known;
      const own = typename === undefined ? type : this.#typeWithin(type, typename);
      if (!own) return undefined;
      const shape = this.#compileObject(own, selectionSets);
      shapes.set(typename, shape);
      return shape;
    };
    return (value, writing) => {
      if (value === null || value === undefined) return writeNull(writing);
      if (!isObject(value)) return refuse(writing, `A subgraph returned no object for ${coordinate}.`);
      const shape = shapeOf(value.__typename);
      if (!shape) return refuse(writing, `A subgraph returned an unknown type for ${coordinate}.`);
      return writing.shared.has(value)
        ? writeOnce(value, shape, writing)
        : writeFields(value, shape, writing);
    };
  }

  /** Returns the type that a subgraph named; undefined where an object of the other type cannot be of this one. */
  #typeWithin(type: GraphQLCompositeType, typename: unknown): GraphQLCompositeType | undefined {
    const own = typeof typename === 'string' ? this.#schema.getType(typename) : undefined;
    return (isObjectType(own) || isAbstractType(own)) && this.#isWithin(own, type.name) ? own : undefined;
  }

  #compileIntrospection(nodes: readonly FieldNode[]): Write {
    const { node, fragments } = this.#operation;
    const document: DocumentNode = {
      kind: Kind.DOCUMENT,
      definitions: [
        { ...node, selectionSet: { kind: Kind.SELECTION_SET, selections: nodes } },
        ...fragments.values(),
      ],
    };
    return (_, writing) => {
      const { data, errors } = executeSync({
        schema: this.#schema,
        document,
        variableValues: writing.variables,
      });
      for (const { message } of errors ?? []) writing.fail(message);
      writing.add(JSON.stringify(Object.values(data ?? {})[0] ?? null));
      return true;
    };
  }
}

function writeNull(writing: Writing): false {
  writing.add('null');
  return false;
}

function refuse(writing: Writing, message: string): false {
  writing.fail(message);
  return writeNull(writing);
}

/** Writes a value that belongs to a key or an index. False where it is null and must not be. */
function writeWithin(
  { write, nullError }: ValueShape,
  value: unknown,
  key: string | number,
  writing: Writing,
) {
  const before = writing.errors.length;
  const isAllowed = write(value, writing) || nullError === undefined;
  if (!isAllowed && writing.errors.length === before) writing.fail(nullError);
  if (writing.errors.length > before) writing.locate(before, key);
  return isAllowed;
}

/** Writes the selected fields of an object; null in its place where one of them is null and must not be. */
function writeFields(value: Json, { fields }: ObjectShape, writing: Writing): boolean {
  const start = writing.position;
  for (const field of fields) {
    writing.add(field.prefix);
    const own = field.isInherited ? ownValue(value, field.dataKey) : value[field.dataKey];
    if (writeWithin(field, own, field.key, writing)) continue;
    writing.rewind(start);
    return false;
  }
  writing.add(fields.length === 0 ? '{}' : '}');
  return true;
}

/** Writes an object that is part of several others, and keeps its text for the next time. */
function writeOnce(value: Json, shape: ObjectShape, writing: Writing): boolean {
  let texts = writing.texts.get(shape);
  if (!texts) {
    texts = new Map();
    writing.texts.set(shape, texts);
  }
  const known = texts.get(value);
  if (known !== undefined) {
    writing.add(known);
    return true;
  }
  const errors = writing.errors.length;
  const start = writing.position;
  const isThere = writeFields(value, shape, writing);
  // An error has to be reported at each of its places.
  if (isThere && writing.errors.length === errors) texts.set(value, writing.takeFrom(start));
  return isThere;
}

function typenameOf(parent: GraphQLCompositeType): ValueShape {
  const text = JSON.stringify(parent.name);
  if (isObjectType(parent)) {
    const write: Write = (_, writing) => {
      writing.add(text);
      return true;
    };
    return { write, nullError: undefined };
  }
  return {
    write: (_, writing) => writeNull(writing),
    nullError: `No subgraph said which ${parent.name} this is.`,
  };
}

function writeList(element: ValueShape, coordinate: string): Write {
  return (value, writing) => {
    if (value === null || value === undefined) return writeNull(writing);
    if (!Array.isArray(value)) return refuse(writing, `A subgraph returned no list for ${coordinate}.`);
    const start = writing.position;
    writing.add('[');
    for (let index = 0; index < value.length; index++) {
      if (index > 0) writing.add(',');
      if (writeWithin(element, value[index], index, writing)) continue;
      writing.rewind(start);
      return false;
    }
    writing.add(']');
    return true;
  };
}

/** The greatest 32-bit integer: GraphQL's `Int` has no greater one. */
const maxInt = 2 ** 31 - 1;

function writeLeaf(type: GraphQLLeafType, coordinate: string): Write {
  const fits = leafTest(type);
  return (value, writing) => {
    if (value === null || value === undefined) return writeNull(writing);
    if (!fits(value)) return refuse(writing, `A subgraph returned no ${type.name} for ${coordinate}.`);
    if (typeof value === 'string') writing.add(quoted(value));
    else writing.add(typeof value === 'object' ? JSON.stringify(value) : String(value));
    return true;
  };
}

function leafTest(type: GraphQLLeafType): (value: unknown) => boolean {
  if (isEnumType(type)) {
    const names = new Set<unknown>(type.getValues().map(({ name }) => name));
    return (value) => names.has(value);
  }
  switch (type.name) {
    case 'Int':
      return (value) =>
        Number.isInteger(value) && (value as number) <= maxInt && (value as number) >= ~maxInt;
    case 'Float':
      return Number.isFinite;
    case 'Boolean':
      return (value) => typeof value === 'boolean';
    case 'String':
      return (value) => typeof value === 'string';
    case 'ID':
      return (value) => typeof value === 'string' || Number.isInteger(value);
    default:
      // JSON knows no infinity, but a number with too many digits becomes one.
      return (value) => typeof value !== 'number' || Number.isFinite(value);
  }
}

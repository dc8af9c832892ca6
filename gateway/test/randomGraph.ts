import { createHash } from 'node:crypto';
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  buildSchema,
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  parse,
  validate,
} from 'graphql';

/** Numbers that depend on a seed only: a failing case is found again by its seed. */
export class Random {
  #state: number;
  constructor(seed: number | string) {
    this.#state = createHash('sha256').update(String(seed)).digest().readUInt32LE(0);
  }

  /** Returns a number from 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below = (n: number): number => Math.floor(this.next() * n);
  chance = (probability: number): boolean => this.next() < probability;
  pick = <Value>(values: readonly Value[]): Value => values[this.below(values.length)] as Value;
  some = <Value>(values: readonly Value[], share: number): Value[] => values.filter(() => this.chance(share));
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly args: string;
  /** Each subgraph that has the field, with the directives that it has there. */
  readonly owners: ReadonlyMap<string, string>;
  /** A field of the same object that the value depends on, by `@requires`. */
  readonly requires: string | undefined;
}

/** A supergraph with its data: one truth, which one merged schema and all subgraphs answer from. */
export interface RandomGraph {
  readonly supergraphSdl: string;
  readonly merged: GraphQLSchema;
  /** Executes an operation on the merged schema: the right answer. */
  executeMerged(document: DocumentNode, variables: Record<string, unknown>): Promise<ExecutionResult>;
  /** Executes an operation on one subgraph. */
  executeSubgraph(
    name: string,
    request: { query: string; variables?: Record<string, unknown>; operationName?: string },
  ): Promise<ExecutionResult>;
}

const scalars = ['Int', 'String', 'Boolean', 'ID', 'Float', 'Color'];

/** Makes a supergraph of two to four subgraphs. Undefined where the parts do not compose. */
export function randomGraph(seed: number): RandomGraph | undefined {
  const random = new Random(seed);
  const failures = random.chance(0.5) ? 0.06 : 0;
  const subgraphs = ['a', 'b', 'c', 'd'].slice(0, 2 + random.below(3));
  const types = ['T0', 'T1', 'T2', 'T3'].slice(0, 2 + random.below(3));
  const beings = random.some(types, 0.6);
  if (beings.length === 0) beings.push('T0');
  const united = random.some(types, 0.6);
  if (united.length === 0) united.push('T1');
  // Things are kinds of an interface with a key; another subgraph adds a field to it as if it were a type.
  const [thingOwner, thingGuest] = [subgraphs[0] as string, subgraphs[1] as string];
  const kinds = ['K0', 'K1'];
  const kindOf = (id: string) => kinds[Number(id) % 2] as string;

  const outputs = [...types, 'Being', 'United', 'Thing'];
  const typeOf = (named: string): string => {
    const inner = random.chance(0.25) ? `${named}!` : named;
    if (!random.chance(0.4)) return inner;
    const list = random.chance(0.15) ? `[[${inner}]]` : `[${inner}]`;
    return random.chance(0.25) ? `${list}!` : list;
  };
  const fieldsOf = new Map<string, Field[]>();
  for (const type of types) {
    const fields: Field[] = [];
    const scalar = (name: string, owner: string): Field => ({
      name,
      // One type everywhere: the planner adds it for `@requires`, under its own name, also where types meet.
      type: 'String',
      args: '',
      owners: new Map([[owner, '']]),
      requires: undefined,
    });
    fields.push(scalar('plain', random.pick(subgraphs)));
    for (let n = 0; n < 2 + random.below(4); n++) {
      const isObject = random.chance(0.4);
      const type = typeOf(isObject ? random.pick(outputs) : random.pick(scalars));
      const owner = random.pick(subgraphs);
      const other = random.pick(subgraphs.filter((name) => name !== owner));
      const owners = new Map([[owner, '']]);
      // A subgraph that adds fields to things cannot return them, because it does not know their kinds.
      const isOfThings = type.includes('Thing');
      if (random.chance(0.2) && !isOfThings)
        for (const each of [owner, other]) owners.set(each, '@shareable');
      else if (random.chance(0.1) && !isOfThings) owners.set(other, `@override(from: "${owner}")`);
      const args = !isObject && random.chance(0.4) ? '(x: Int = 1)' : '';
      fields.push({ name: `f${n}`, type, args, owners, requires: undefined });
    }
    if (random.chance(0.5)) {
      const plain = fields[0] as Field;
      const owner = random.pick(subgraphs.filter((name) => !plain.owners.has(name)));
      fields.push({
        name: 'derived',
        type: 'String',
        args: '',
        owners: new Map([[owner, '']]),
        requires: 'plain',
      });
    }
    fieldsOf.set(type, fields);
  }
  const roots = Array.from({ length: 2 + random.below(3) }, (_, n): Field => {
    const type = typeOf(random.pick(outputs));
    const owner = type.includes('Thing') ? random.pick([thingOwner, thingGuest]) : random.pick(subgraphs);
    return { name: `r${n}`, type, args: '', owners: new Map([[owner, '']]), requires: undefined };
  });
  const hasThings = [...roots, ...[...fieldsOf.values()].flat()].some(({ type }) => type.includes('Thing'));

  const sdlOf = (subgraph: string): string => {
    const line = (field: Field) => {
      const directives = field.owners.get(subgraph) ?? '';
      const requires = field.requires ? `@requires(fields: "${field.requires}")` : '';
      return `${field.name}${field.args}: ${field.type} ${directives} ${requires}`;
    };
    const blocks = types.map((type) => {
      const fields = fieldsOf.get(type) as Field[];
      const owned = fields.filter(({ owners }) => owners.has(subgraph));
      const external = owned.flatMap(({ requires }) => {
        const field = fields.find(({ name }) => name === requires);
        return field && !field.owners.has(subgraph) ? [`${field.name}: ${field.type} @external`] : [];
      });
      const being = beings.includes(type) ? 'implements Being' : '';
      return `type ${type} ${being} @key(fields: "id") { id: ID! ${[...owned.map(line), ...external].join(' ')} }`;
    });
    const query = roots.filter(({ owners }) => owners.has(subgraph)).map(line);
    const things =
      subgraph === thingOwner
        ? `interface Thing @key(fields: "id") { id: ID! own: String }
           ${kinds.map((kind) => `type ${kind} implements Thing @key(fields: "id") { id: ID! own: String }`).join('\n')}`
        : subgraph === thingGuest
          ? 'type Thing @interfaceObject @key(fields: "id") { id: ID! added: Int }'
          : '';
    return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5",
        import: ["@key", "@shareable", "@external", "@requires", "@override", "@interfaceObject"])
      type Query { ${query.join(' ')} ${subgraph}Alive: Boolean }
      interface Being { id: ID! }
      union United = ${united.join(' | ')}
      enum Color { RED GREEN BLUE }
      ${blocks.join('\n')}
      ${hasThings ? things : ''}`;
  };
  const usesThings = ({ type }: Field) => type.includes('Thing');
  // Only the two know things; other subgraphs' fields of things would not compose.
  const isForeign = (field: Field) =>
    usesThings(field) && ![...field.owners.keys()].every((name) => [thingOwner, thingGuest].includes(name));
  for (const [type, fields] of fieldsOf)
    fieldsOf.set(
      type,
      fields.filter((field) => !isForeign(field)),
    );

  const mergedSdl = `
    type Query { ${roots.map(({ name, type }) => `${name}: ${type}`).join(' ')} ${subgraphs.map((name) => `${name}Alive: Boolean`).join(' ')} }
    interface Being { id: ID! }
    union United = ${united.join(' | ')}
    enum Color { RED GREEN BLUE }
    ${types
      .map(
        (type) =>
          `type ${type} ${beings.includes(type) ? 'implements Being' : ''} { id: ID! ${(
            fieldsOf.get(type) as Field[]
          )
            .map((field) => `${field.name}${field.args}: ${field.type}`)
            .join(' ')} }`,
      )
      .join('\n')}
    ${
      hasThings
        ? `interface Thing { id: ID! own: String added: Int }
           ${kinds.map((kind) => `type ${kind} implements Thing { id: ID! own: String added: Int }`).join('\n')}`
        : ''
    }`;

  const { supergraphSdl } = composeServices(
    subgraphs.map((name) => ({ name, url: `http://${name}.subgraph`, typeDefs: parse(sdlOf(name)) })),
  );
  if (!supergraphSdl) return undefined;
  const merged = buildSchema(mergedSdl);

  /** Returns what a field's value is, everywhere the same. @throws Error where it has none. */
  const valueAt = (
    { isGuest }: { isGuest: boolean },
    typeName: string,
    id: string,
    fieldName: string,
    args: Record<string, unknown>,
    type: GraphQLOutputType,
    required: unknown,
  ): unknown => {
    const place = [seed, kinds.includes(typeName) ? 'Thing' : typeName, id, fieldName, JSON.stringify(args)];
    const dice = new Random(place.join());
    const make = (type: GraphQLOutputType): unknown => {
      const isNullable = !isNonNullType(type);
      if (dice.chance(isNullable ? 0.12 : failures / 3)) return null;
      const nullable = getNullableType(type);
      if (isListType(nullable)) return Array.from({ length: dice.below(4) }, () => make(nullable.ofType));
      const named = getNamedType(nullable);
      if (isCompositeType(named)) {
        const id = String(dice.below(3));
        if (named.name === 'Thing') return { __typename: isGuest ? 'Thing' : kindOf(id), id };
        const possible = named.name === 'Being' ? beings : named.name === 'United' ? united : [named.name];
        return { __typename: dice.pick(possible), id };
      }
      const number = dice.below(1_000);
      if (isEnumType(named)) return dice.pick(['RED', 'GREEN', 'BLUE']);
      if (named.name === 'Boolean') return dice.chance(0.5);
      if (named.name === 'Int') return number;
      if (named.name === 'Float') return number / 8;
      return required === undefined
        ? `${dice.pick(['plain', 'a "quote"', 'ü\n€', '😀'])} ${number}`
        : `of ${required}`;
    };
    if (dice.chance(failures)) throw new Error(`no ${fieldName} of ${typeName} ${id}`);
    return make(type);
  };
  const resolver =
    (subgraph: string | undefined): GraphQLFieldResolver<Record<string, unknown>, unknown> =>
    (source, args, _, info) => {
      const { fieldName, parentType, returnType } = info;
      if (fieldName.endsWith('Alive')) return true;
      const id = String(source?.id ?? 'root');
      if (fieldName === 'id') return id;
      const isGuest = subgraph === thingGuest;
      const field = fieldsOf.get(parentType.name)?.find(({ name }) => name === fieldName);
      const value = (name: string, type: GraphQLOutputType, required?: unknown) =>
        valueAt({ isGuest }, parentType.name, id, name, args, type, required);
      if (!field?.requires) return value(fieldName, returnType);
      if (subgraph !== undefined) return value(fieldName, returnType, source[field.requires]);
      let required: unknown = null;
      try {
        required = value(field.requires, parentType.getFields()[field.requires]?.type as GraphQLOutputType);
      } catch {
        // Its error makes it null.
      }
      return value(fieldName, returnType, required);
    };
  const schemas = new Map(
    subgraphs.map((name) => {
      const resolveThing = ({ id }: { id: string }) => ({ __typename: kindOf(id), id });
      const resolvers =
        hasThings && name === thingOwner ? { Thing: { __resolveReference: resolveThing } } : {};
      return [name, buildSubgraphSchema([{ typeDefs: parse(sdlOf(name)), resolvers: resolvers as never }])];
    }),
  );
  const typeResolver = (value: unknown) => (value as { __typename: string }).__typename;
  return {
    supergraphSdl,
    merged,
    executeMerged: async (document, variableValues) =>
      execute({ schema: merged, document, variableValues, fieldResolver: resolver(undefined), typeResolver }),
    async executeSubgraph(name, { query, variables, operationName }) {
      const schema = schemas.get(name) as GraphQLSchema;
      const document = parse(query);
      const errors = validate(schema, document);
      if (errors.length > 0) return { errors };
      return execute({
        schema,
        document,
        variableValues: variables ?? null,
        operationName: operationName ?? null,
        fieldResolver: resolver(name),
        typeResolver,
      });
    },
  };
}

/** Makes a query for a graph. Undefined where the one that was made is not valid. */
export function randomQuery(
  { merged }: RandomGraph,
  seed: string,
): { document: DocumentNode; text: string; variables: Record<string, unknown> } | undefined {
  const random = new Random(seed);
  const fragments: string[] = [];
  const uses = { yes: random.chance(0.5), no: random.chance(0.5), x: random.chance(0.5) };
  let aliases = 0;
  const directive = () => {
    if (!random.chance(0.15)) return '';
    const condition = random.pick(['true', 'false', '$yes', '$no']);
    return ` @${random.pick(['skip', 'include'])}(if: ${condition})`;
  };
  const select = (type: GraphQLOutputType, depth: number): string => {
    const named = getNamedType(type);
    if (!isCompositeType(named)) return '';
    const parts: string[] = [];
    if (random.chance(0.3)) parts.push('__typename');
    if ('getFields' in named) {
      for (const field of Object.values(named.getFields())) {
        const isComposite = isCompositeType(getNamedType(field.type));
        if (!random.chance(isComposite ? (depth > 0 ? 0.6 : 0) : 0.6)) continue;
        const args =
          field.args.length > 0 && random.chance(0.7) ? `(x: ${random.pick(['1', '2', '$x'])})` : '';
        // Keys that every object has, and names of fields that subgraphs need for something else.
        const odd = random.pick(['constructor', '__proto__', 'toString', 'id', 'plain', '__typename']);
        const alias = args || random.chance(0.2) ? `${random.chance(0.2) ? odd : `k${aliases++}`}: ` : '';
        parts.push(`${alias}${field.name}${args}${directive()}${select(field.type, depth - 1)}`);
      }
    }
    const possible = isAbstractType(named) ? merged.getPossibleTypes(named) : [];
    for (const type of possible) {
      if (random.chance(0.6)) parts.push(`... on ${type.name}${directive()}${select(type, depth)}`);
    }
    if (random.chance(0.2)) parts.push(`...${directive()}${select(named, depth)}`);
    if (parts.length === 0) parts.push('__typename');
    if (random.chance(0.15)) {
      const name = `F${fragments.length}`;
      fragments.push(`fragment ${name} on ${named.name} { ${parts.join(' ')} }`);
      return ` { ...${name} }`;
    }
    return ` { ${parts.join(' ')} }`;
  };
  const body = select(merged.getQueryType() as GraphQLOutputType, 3 + random.below(2));
  const text = `query Q($yes: Boolean!, $no: Boolean = false, $x: Int = 2) ${body}\n${fragments.join('\n')}`;
  // Variables that no field uses are not valid; they are left out.
  const used = (name: string) => text.split(`$${name}`).length > 2;
  const definitions = [
    used('yes') ? '$yes: Boolean!' : '',
    used('no') ? '$no: Boolean! = false' : '',
    used('x') ? '$x: Int = 2' : '',
  ].filter(Boolean);
  const query = text.replace(
    /^query Q\([^)]*\)/,
    definitions.length > 0 ? `query Q(${definitions.join(', ')})` : 'query Q',
  );
  const document = parse(query);
  if (validate(merged, document).length > 0) return undefined;
  const variables = {
    ...(used('yes') ? { yes: uses.yes } : {}),
    ...(used('no') && uses.no ? { no: true } : {}),
    ...(used('x') && uses.x ? { x: 1 } : {}),
  };
  return { document, text: query, variables };
}

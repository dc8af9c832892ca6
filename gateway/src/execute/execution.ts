import { GraphQLError, type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import type { EntityQuery, SubgraphOperation } from './entityQuery.ts';
import { addFields, copy, isAlike } from './merge.ts';
import { isObject, type Json } from './own.ts';
import { answerPathsOf, type Holder, type PlanPath, visitPlaces } from './places.ts';
import type { EntityPart, PlannedRequest, RequestPlan, RootPart } from './requests.ts';
import { rewrite } from './rewrites.ts';

/** An error in a subgraph's answer. */
export interface SubgraphError {
  readonly message?: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** A subgraph's answer. Data that is missing, not null, says that the operation was refused. */
export interface SubgraphAnswer {
  readonly data?: Json | null;
  readonly errors?: readonly SubgraphError[];
}

/** Sends one operation, as the JSON body of a request, to a subgraph. Rejects where there is no GraphQL answer. */
export type AskSubgraph = (subgraph: string, body: string, isMutation: boolean) => Promise<SubgraphAnswer>;

/** One entity that a query was asked for. */
interface Entity {
  readonly representation: string;
  /** Settles once the answer has come; never rejects. */
  asked: Promise<void>;
  /** What the subgraph answered; null where it has no such entity, and before the answer. */
  value: Json | null;
  /** Errors within the entity; their paths begin at the entity. */
  readonly errors: SubgraphError[];
  /** True once the value is part of the data: then another object needs a copy. */
  isUsed: boolean;
}

type Entities = Map<EntityQuery, Map<string, Entity>>;

const settled = Promise.resolve();

/**
 * One execution of an operation: sends the requests and collects the answers. The data is a graph and not a tree:
 * entities that are equal and stand at one path of the plan are one object, and what a subgraph answers for an entity
 * is part of each object that asked for it. README.md says why that is safe.
 */
export class Execution {
  /** What has been answered so far. */
  readonly data: Json;
  readonly errors: GraphQLError[] = [];
  /** The objects that are part of several others. */
  readonly shared = new Set<Json>();
  readonly #plan: RequestPlan;
  readonly #supergraph: GraphQLSchema;
  readonly #variables: Readonly<Record<string, unknown>>;
  readonly #ask: AskSubgraph;
  readonly #isMutation: boolean;
  readonly #clientKey: (key: string | number) => string | number;
  readonly #entities: Entities = new Map();
  /** The objects that could not be completed, although no subgraph has reported an error. */
  readonly #incomplete: { subgraph: string; path: PlanPath; object: Json; message: string }[] = [];

  /**
   * @param options.clientKey returns the client's key for a key in the subgraphs' answers
   * @param options.data the fields of the root that have come already: those of a subscription's event, or none
   */
  constructor(options: {
    plan: RequestPlan;
    supergraph: GraphQLSchema;
    variables: Readonly<Record<string, unknown>>;
    ask: AskSubgraph;
    isMutation: boolean;
    clientKey: (key: string | number) => string | number;
    data: Json;
  }) {
    this.#plan = options.plan;
    this.#supergraph = options.supergraph;
    this.#variables = options.variables;
    this.#ask = options.ask;
    this.#isMutation = options.isMutation;
    this.#clientKey = options.clientKey;
    this.data = options.data;
  }

  /** Sends all requests, each as soon as those that it needs have been answered. Never rejects: see `errors`. */
  async run(): Promise<void> {
    const answered: Promise<void>[] = [];
    for (const request of this.#plan.requests) answered.push(this.#runAfter(request, answered));
    await Promise.all(answered);
    this.#explainIncomplete();
  }

  /** Adds an error for each object that could not be completed, where no other error at its place says why. */
  #explainIncomplete(): void {
    for (const { subgraph, path, object, message } of this.#incomplete) {
      for (const place of answerPathsOf(this.data, path).get(object) ?? []) {
        const shown = place.map(this.#clientKey);
        if (!this.errors.some((error) => isAround(error.path, shown)))
          this.fail(subgraph, { message }, place);
      }
    }
  }

  async #runAfter(request: PlannedRequest, answered: readonly Promise<void>[]): Promise<void> {
    for (const position of request.after) await answered[position];
    try {
      if (request.root) await this.#fetchRoot(request.subgraph, request.root);
      else await this.#fetchEntities(request.subgraph, request.entities);
    } catch (error) {
      this.errors.push(asGraphQLError(error));
    }
  }

  async #fetchRoot(
    subgraph: string,
    { path, operation, isMutation, outputRewrites }: RootPart,
  ): Promise<void> {
    const objects = new Set<Json>();
    visitPlaces(this.data, path, (object) => objects.add(object));
    if (objects.size === 0) return;
    const { data, errors } = await this.#ask(subgraph, this.#bodyOf(operation, []), isMutation);
    for (const error of errors ?? []) {
      const within = pathOf(error);
      this.fail(subgraph, error, within && [...path, ...within]);
    }
    if (!isObject(data)) return;
    rewrite(this.#supergraph, outputRewrites, data);
    for (const object of objects) addFields(object, objects.size === 1 ? data : copy(data));
  }

  async #fetchEntities(subgraph: string, parts: readonly EntityPart[]): Promise<void> {
    // A mutation may change an entity between two of its fetches, so each of them asks anew.
    const known: Entities = this.#isMutation ? new Map() : this.#entities;
    const missing = new Map<EntityPart, Entity[]>();
    const wanted = parts.map((part) => this.#wantedAt(subgraph, part, known, missing));
    if (missing.size > 0) {
      const asked = this.#askFor(subgraph, missing).catch(
        (error: unknown) => void this.errors.push(asGraphQLError(error)),
      );
      for (const entities of missing.values()) for (const entity of entities) entity.asked = asked;
    }
    for (const [index, part] of parts.entries()) {
      const entities = wanted[index] as Map<Json, Entity>;
      for (const { asked } of entities.values()) await asked;
      this.#complete(subgraph, part, entities);
    }
  }

  /** Returns the entities that the objects at a part's places stand for, and adds those to ask for to `missing`. */
  #wantedAt(
    subgraph: string,
    part: EntityPart,
    known: Entities,
    missing: Map<EntityPart, Entity[]>,
  ): Map<Json, Entity> {
    const ofQuery = known.get(part.query) ?? new Map<string, Entity>();
    known.set(part.query, ofQuery);
    const wanted = new Map<Json, Entity>();
    const firsts = new Map<string, Json>();
    const fresh: Entity[] = [];
    visitPlaces(this.data, part.path, (object, holder, key) => {
      if (wanted.has(object)) return;
      const representation = part.represent(object);
      if (representation === undefined) {
        const message = `The subgraph "${subgraph}" was not asked: no other one said what it needs to know.`;
        this.#incomplete.push({ subgraph, path: part.path, object, message });
      }
      if (representation === undefined || representation === null) return;
      const first = firsts.get(representation);
      if (first && this.#unite(first, object, holder, key)) return;
      firsts.set(representation, object);
      let entity = ofQuery.get(representation);
      if (!entity) {
        entity = { representation, asked: settled, value: null, errors: [], isUsed: false };
        ofQuery.set(representation, entity);
        fresh.push(entity);
      }
      wanted.set(object, entity);
    });
    if (fresh.length > 0) missing.set(part, fresh);
    return wanted;
  }

  /** Puts the first object into the place of another that is just like it. False where they differ. */
  #unite(first: Json, object: Json, holder: Holder, key: string | number): boolean {
    if (!isAlike(first, object)) return false;
    (holder as Record<string | number, unknown>)[key] = first;
    this.shared.add(first);
    return true;
  }

  /** Asks a subgraph for entities, all in one request, and notes what it answers. */
  async #askFor(subgraph: string, missing: ReadonlyMap<EntityPart, Entity[]>): Promise<void> {
    const asked = new Map<EntityQuery, Entity[]>();
    for (const [{ query }, entities] of missing) asked.set(query, [...(asked.get(query) ?? []), ...entities]);
    const combined = this.#plan.queries.combine([...asked.keys()]);
    const lists = [...asked.values()];
    const representations = combined.parts.map(
      ({ variable }, index) =>
        `"${variable}":[${(lists[index] as Entity[]).map(({ representation }) => representation).join()}]`,
    );
    const answer = await this.#ask(subgraph, this.#bodyOf(combined, representations), false);
    // One part's error has made all null: asked alone, the others are answered.
    if (answer.data === null && missing.size > 1) {
      await Promise.all(
        [...missing].map((each) =>
          this.#askFor(subgraph, new Map([each])).catch(
            (error: unknown) => void this.errors.push(asGraphQLError(error)),
          ),
        ),
      );
      return;
    }
    for (const [index, { key }] of combined.parts.entries())
      takeEntities(subgraph, answer.data?.[key], lists[index] as Entity[], answer);
    for (const error of answer.errors ?? []) {
      const path = pathOf(error) ?? [];
      const list = lists[combined.parts.findIndex(({ key }) => key === path[0])];
      const entity = typeof path[1] === 'number' ? list?.[path[1]] : undefined;
      if (entity) entity.errors.push({ ...error, path: path.slice(2) });
      else this.fail(subgraph, error, undefined);
    }
  }

  /** Adds what was answered for the entities to the objects that stand for them. */
  #complete(subgraph: string, { path, query }: EntityPart, entities: ReadonlyMap<Json, Entity>): void {
    let answerPaths: ReturnType<typeof answerPathsOf> | undefined;
    for (const [object, entity] of entities) {
      if (entity.errors.length > 0) {
        answerPaths ??= answerPathsOf(this.data, path);
        for (const error of entity.errors) {
          for (const place of answerPaths.get(object) ?? [])
            this.fail(subgraph, error, [...place, ...(error.path ?? [])]);
        }
      }
      const type = object.__typename;
      if (!entity.value) {
        // An object of an interface as one subgraph knows it: only the answer would have said which type it has.
        if (entity.errors.length === 0 && isInterfaceType(this.#supergraph.getType(String(type)))) {
          const message = `The subgraph "${subgraph}" does not know this ${type}.`;
          this.#incomplete.push({ subgraph, path, object, message });
        }
        continue;
      }
      // No two objects may have a part in common: what is added to one would be added to the other.
      const value = entity.isUsed || query.outputRewrites ? copy(entity.value) : entity.value;
      entity.isUsed = true;
      if (query.outputRewrites) {
        value.__typename ??= type;
        rewrite(this.#supergraph, query.outputRewrites, value);
      }
      addFields(object, value);
      // A subgraph that knows only an interface of the type calls the entity by the interface's name.
      if (isObjectType(this.#supergraph.getType(String(type)))) object.__typename = type;
    }
  }

  #bodyOf({ head, variables }: SubgraphOperation, representations: readonly string[]): string {
    const values: string[] = [];
    for (const name of variables) {
      const value = Object.hasOwn(this.#variables, name) ? this.#variables[name] : undefined;
      if (value !== undefined) values.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
    }
    return `${head}${[...values, ...representations].join()}}}`;
  }

  fail(subgraph: string, error: SubgraphError, path: readonly (string | number)[] | undefined): void {
    // A status is for the gateway's own answer.
    const { http: _, ...extensions } = error.extensions ?? {};
    const { message } = error;
    this.errors.push(
      new GraphQLError(message || `The subgraph "${subgraph}" sent an error without a message.`, {
        ...(Array.isArray(path) ? { path: path.map(this.#clientKey) } : {}),
        // Apollo's executor keeps the subgraph's error itself, which is not always an Error.
        originalError: error as Error,
        extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', ...extensions, serviceName: subgraph },
      }),
    );
  }
}

type Path = readonly (string | number)[];

/** Returns the path of a subgraph's error; undefined where it sent none, or something else in its place. */
const pathOf = ({ path }: SubgraphError): Path | undefined => (Array.isArray(path) ? path : undefined);

/** True where one path leads to the other, or where an error has none. */
const isAround = (path: Path | undefined, other: Path): boolean =>
  path === undefined || path.slice(0, other.length).every((key, depth) => key === other[depth]);

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError((error as Error).message, { originalError: error as Error });

/** Notes what a subgraph answered for entities. @throws Error where the answer is not a list with one for each. */
function takeEntities(
  subgraph: string,
  answered: unknown,
  entities: readonly Entity[],
  { errors }: SubgraphAnswer,
): void {
  if (!Array.isArray(answered) || answered.length !== entities.length) {
    // Without entities there must be an error, which says why.
    if ((answered === null || answered === undefined) && errors?.length) return;
    throw new Error(`the subgraph "${subgraph}" did not answer with one entity for each representation`);
  }
  for (const [index, entity] of entities.entries()) {
    const value: unknown = answered[index];
    if (isObject(value)) entity.value = value;
  }
}

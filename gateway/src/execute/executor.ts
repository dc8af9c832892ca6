import type { FetchNode } from '@apollo/query-planner';
import { answerTooLong } from '@ates/kit/graph/boundedJson';
import { buildASTSchema, type DocumentNode, GraphQLError, type GraphQLSchema, parse } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { LRUCache } from 'lru-cache';
import { type AskSubgraph, Execution, type SubgraphAnswer } from './execution.ts';
import { JsonText } from './jsonText.ts';
import { copy } from './merge.ts';
import { type NeededFields, PlannedKeys, readNeededFields, refuseConflicts } from './neededFields.ts';
import { documentToPlan, type Operation, readOperation } from './operation.ts';
import { isObject } from './own.ts';
import { type Plan, PlanTooSlow } from './planner.ts';
import { planRequests, type RequestPlan, UnsupportedPlan } from './requests.ts';
import { rewrite } from './rewrites.ts';
import { AnswerTooLong, Shape, type ShapeError } from './shape.ts';

/** A validated operation, as a client asks for it. */
export interface ClientOperation {
  /** The document's text, or a hash of it: operations with the same text and name are planned once. */
  readonly key: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** An answer whose data is JSON already. */
export interface Answer {
  readonly data?: JsonText | null;
  readonly errors?: readonly GraphQLError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** An operation that has been read, and its variants by the values of the variables that `@skip` and `@include` read. */
interface Prepared {
  readonly operation: Operation;
  readonly keys: PlannedKeys;
  readonly variants: LRUCache<string, Promise<Variant>>;
}

/** An operation as it is executed: what is left out is decided. */
interface Variant {
  /** The first fetch of a subscription: the operation to subscribe to. */
  readonly primary: FetchNode | undefined;
  readonly plan: RequestPlan;
  readonly shape: Shape;
}

/** How many operations are kept with their plans, and with how many variants each. */
const maxOperations = 2_000;
const maxVariants = 16;

/** Executes the operations of one supergraph. It never changes: another supergraph has another executor. */
export class Executor {
  readonly schema: GraphQLSchema;
  readonly #maxAnswerLength: number;
  readonly #plan: Plan;
  readonly #supergraph: GraphQLSchema;
  readonly #needed: NeededFields;
  readonly #prepared = new LRUCache<string, Prepared>({ max: maxOperations });

  /**
   * @param options.apiSchema the schema that clients see, made from the same supergraph
   * @param options.plan plans operations of this supergraph
   * @param options.maxAnswerLength the most characters that an answer's data may have
   */
  constructor(options: {
    supergraphSdl: string;
    apiSchema: GraphQLSchema;
    plan: Plan;
    maxAnswerLength: number;
  }) {
    const supergraph = parse(options.supergraphSdl, { noLocation: true });
    this.schema = options.apiSchema;
    this.#maxAnswerLength = options.maxAnswerLength;
    this.#plan = options.plan;
    // Valid, because Apollo's gateway has made the API schema from it.
    this.#supergraph = buildASTSchema(supergraph, { assumeValid: true, assumeValidSDL: true });
    this.#needed = readNeededFields(supergraph);
  }

  /** Answers a query or a mutation. @throws UnsupportedPlan where only Apollo's executor can run its plan. */
  async execute(client: ClientOperation, ask: AskSubgraph): Promise<Answer> {
    const prepared = this.#prepare(client);
    const { coerced, errors } = this.#coerce(prepared.operation, client.variables);
    if (!coerced) return { errors };
    return this.#run(prepared, await this.#variantOf(prepared, coerced), { client, coerced, ask });
  }

  /** Returns the operation to subscribe to: the first fetch of a subscription's plan. */
  async subscriptionOf(client: ClientOperation): Promise<FetchNode> {
    const prepared = this.#prepare(client);
    const { coerced, errors } = this.#coerce(prepared.operation, client.variables);
    if (!coerced) throw errors[0];
    const { primary } = await this.#variantOf(prepared, coerced);
    if (!primary) throw new GraphQLError('This is not a subscription.');
    return primary;
  }

  /** Completes an event of a subscription with the fields of the other subgraphs. */
  async complete(client: ClientOperation, event: SubgraphAnswer, ask: AskSubgraph): Promise<Answer> {
    const prepared = this.#prepare(client);
    const { coerced, errors } = this.#coerce(prepared.operation, client.variables);
    if (!coerced) return { errors };
    return this.#run(prepared, await this.#variantOf(prepared, coerced), { client, coerced, ask, event });
  }

  async #run(
    { operation, keys }: Prepared,
    { primary, plan, shape }: Variant,
    {
      client,
      coerced,
      ask,
      event,
    }: {
      client: ClientOperation;
      coerced: Readonly<Record<string, unknown>>;
      ask: AskSubgraph;
      event?: SubgraphAnswer;
    },
  ): Promise<Answer> {
    // A copy: an event whose completion failed is completed again.
    const data = isObject(event?.data) ? copy(event.data) : {};
    if (primary) rewrite(this.#supergraph, primary.outputRewrites, data);
    const execution = new Execution({
      plan,
      supergraph: this.#supergraph,
      variables: client.variables,
      ask,
      isMutation: operation.node.operation === 'mutation',
      clientKey: keys.clientKey,
      data,
    });
    for (const error of event?.errors ?? []) execution.fail(primary?.serviceName ?? '', error, error.path);
    await execution.run();
    try {
      const { parts, errors } = shape.write(execution.data, {
        shared: execution.shared,
        maxLength: this.#maxAnswerLength,
        variables: coerced,
      });
      return answerOf(parts, execution.errors, errors);
    } catch (error) {
      if (!(error instanceof AnswerTooLong)) throw error;
      return { errors: [answerTooLong(this.#maxAnswerLength)] };
    }
  }

  #prepare({ key, document, operationName }: ClientOperation): Prepared {
    const ownKey = `${operationName ?? ''} ${key}`;
    const known = this.#prepared.get(ownKey);
    if (known) return known;
    const variants = new LRUCache<string, Promise<Variant>>({ max: maxVariants });
    refuseConflicts(this.#needed, this.schema, document);
    const keys = new PlannedKeys(this.#needed, document);
    const prepared = { operation: readOperation(document, operationName), keys, variants };
    this.#prepared.set(ownKey, prepared);
    return prepared;
  }

  #coerce({ node }: Operation, variables: Readonly<Record<string, unknown>>) {
    const definitions = node.variableDefinitions ?? [];
    if (definitions.length === 0) return { coerced: {}, errors: [] };
    const { coerced, errors = [] } = getVariableValues(this.schema, definitions, variables);
    const withCode = errors.map(
      ({ message, nodes }) =>
        new GraphQLError(message, { nodes: nodes ?? null, extensions: { code: 'BAD_USER_INPUT' } }),
    );
    return { coerced, errors: withCode };
  }

  #variantOf(prepared: Prepared, variables: Readonly<Record<string, unknown>>): Promise<Variant> {
    const { operation, variants } = prepared;
    const key = operation.conditions.map((name) => String(variables[name])).join();
    const known = variants.get(key);
    if (known) return known;
    const variant = this.#makeVariant(prepared, variables);
    variants.set(key, variant);
    // What is wrong with the operation itself stays so; any other failure may be gone at the next try.
    variant.catch((error: unknown) => {
      const isFinal = error instanceof GraphQLError || error instanceof UnsupportedPlan;
      if (!isFinal || error instanceof PlanTooSlow) variants.delete(key);
    });
    return variant;
  }

  async #makeVariant(
    { operation, keys }: Prepared,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<Variant> {
    const document = documentToPlan(operation.document, variables, keys);
    const { node } = await this.#plan(document, operation.node.name?.value);
    const isSubscription = node?.kind === 'Subscription';
    return {
      primary: isSubscription ? node.primary : undefined,
      plan: planRequests(isSubscription ? node.rest : node, this.#supergraph),
      shape: new Shape(this.schema, operation, keys, variables),
    };
  }
}

function answerOf(
  parts: readonly string[],
  errors: readonly GraphQLError[],
  shapeErrors: readonly ShapeError[],
): Answer {
  const data = parts[0] === 'null' ? null : new JsonText(parts);
  if (errors.length > 0) return { errors, data };
  if (shapeErrors.length === 0) return { data };
  // As Apollo's gateway reports them: no subgraph has failed.
  const valueCompletion = shapeErrors.map(
    ({ message, reversedPath }) => new GraphQLError(message, { path: [...reversedPath].reverse() }),
  );
  return { data, extensions: { valueCompletion } };
}

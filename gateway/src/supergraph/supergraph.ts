import './telemetryOff.ts';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { ApolloGateway, type GatewayConfig } from '@apollo/gateway';
import type { Log } from '@ates/kit/process/log';
import { SettingError } from '@ates/kit/process/settings';
import { type GraphQLSchema, parse } from 'graphql';
import type { AskSubgraph } from '../execute/execution.ts';
import { Executor } from '../execute/executor.ts';
import { planningThread } from '../execute/planningThread.ts';
import { UnsupportedPlan } from '../execute/requests.ts';
import type { CallerContext, SubgraphCaller } from '../request/caller.ts';
import { type GatewaySettings, locateSubgraph, secretOfSubgraph } from '../settings.ts';
import { apolloLog } from './apolloLog.ts';
import { SubgraphDataSource, SubgraphUnavailable } from './dataSource.ts';
import { readSizeRules, type SizeRules } from './operationSize.ts';
import { type NeedsCaller, readRequirements } from './requirements.ts';
import { subgraphsOf, withoutSecurityMark } from './supergraphLinks.ts';

/** A supergraph that is served, and what is known about it. It never changes. */
export interface ServedSupergraph {
  /** The schema that clients see. */
  readonly schema: GraphQLSchema;
  readonly executor: Executor;
  readonly needsCaller: NeedsCaller;
  readonly sizeRules: SizeRules;
  /** The subgraphs by name. */
  readonly subgraphs: ReadonlyMap<string, SubgraphDataSource>;
}

/** Apollo's gateway, and the supergraphs that it serves. */
export interface SupergraphServer {
  readonly gateway: ApolloGateway;
  /**
   * Returns the supergraph with this schema. A request passes its own, so a reload meanwhile is harmless.
   * @throws Error where it was never served
   */
  withSchema(schema: GraphQLSchema): ServedSupergraph;
  /** Returns the supergraph that is served now; undefined before the first. */
  current(): ServedSupergraph | undefined;
  /** Calls back with each supergraph that is served from now on, including the first. */
  onServed(callback: (served: ServedSupergraph) => void): void;
  close(): Promise<void>;
}

/** Called after every request to a subgraph. */
export type ObserveSubgraph = (subgraph: string, outcome: 'answered' | 'failed', seconds: number) => void;

/**
 * Serves the supergraph in `settings.SUPERGRAPH`, and the new one when the file changes. A broken new one is refused:
 * the log says why, and the old one is still served.
 * @param observe.onHandedOver called for each operation that Apollo's executor runs, because ours does not know its plan
 */
export function serveSupergraph(
  settings: GatewaySettings,
  log: Log,
  observe: { readonly observeSubgraph: ObserveSubgraph; readonly onHandedOver: () => void },
): SupergraphServer {
  const pool = new DataSources(settings, observe.observeSubgraph);
  const bySchema = new WeakMap<GraphQLSchema, ServedSupergraph>();
  const newGateway = (config: GatewayConfig) =>
    new ApolloGateway({
      ...config,
      buildService: ({ name, url }) => pool.take({ name, ...(url ? { url } : {}) }),
      logger: apolloLog(log),
      // By default the file is not validated where NODE_ENV is production, where it matters most.
      validateSupergraph: true,
      __exposeQueryPlanExperimental: false,
    });
  const gateway = newGateway({
    supergraphSdl: async ({ update }) => {
      const first = readSupergraph(settings.SUPERGRAPH);
      const unwatch = watchSupergraph(settings, log, first, async (supergraphSdl) => {
        // First tested in a separate gateway: `update` could fail half-way, after it has replaced a part.
        const trial = newGateway({ supergraphSdl });
        await trial.load();
        await trial.stop();
        update(supergraphSdl);
      });
      return { supergraphSdl: withoutSecurityMark(first), cleanup: async () => unwatch() };
    },
  });
  const callbacks: ((served: ServedSupergraph) => void)[] = [];
  let current: ServedSupergraph | undefined;
  let planning: ReturnType<typeof planningThread.serve> | undefined;
  gateway.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl }) => {
    pool.keepOnly(subgraphsOf(parse(coreSupergraphSdl, { noLocation: true })), planning?.close);
    planning = planningThread.serve(coreSupergraphSdl);
    current = {
      schema: apiSchema,
      executor: new Executor({
        supergraphSdl: coreSupergraphSdl,
        apiSchema,
        plan: planning.plan,
        maxAnswerLength: settings.MAX_ANSWER_BYTES,
      }),
      needsCaller: readRequirements(coreSupergraphSdl, apiSchema),
      sizeRules: readSizeRules(coreSupergraphSdl),
      subgraphs: pool.inUse,
    };
    bySchema.set(apiSchema, current);
    for (const callback of callbacks) callback(current);
  });
  const withSchema = (schema: GraphQLSchema): ServedSupergraph => {
    const served = bySchema.get(schema);
    if (!served) throw new Error('this schema was never served');
    return served;
  };
  // Read by `load`, so it must be set before the start.
  gateway.executor = executeWith(gateway.executor, settings.SHARE_QUERIES, withSchema, observe.onHandedOver);
  return {
    gateway,
    withSchema,
    current: () => current,
    onServed: (callback) => void callbacks.push(callback),
    async close() {
      planning?.close();
      await pool.destroy();
    },
  };
}

/**
 * Returns the function with which a subgraph's data source is asked for a caller.
 * @param mayShare true where equal queries of equal callers may share an answer
 */
export const askFor =
  (
    subgraphs: ReadonlyMap<string, SubgraphDataSource>,
    caller: SubgraphCaller | undefined,
    mayShare = false,
  ): AskSubgraph =>
  (name, body, isMutation) => {
    const dataSource = subgraphs.get(name);
    if (!dataSource) throw new SubgraphUnavailable(name, 'is not part of the supergraph');
    return dataSource.ask(body, { isMutation, caller, mayShare });
  };

/** Executes Apollo Server's operations by our executor, and by Apollo's where ours does not know a part of the plan. */
const executeWith =
  (
    apollo: ApolloGateway['executor'],
    shareQueries: boolean,
    withSchema: (schema: GraphQLSchema) => ServedSupergraph,
    onHandedOver: () => void,
  ): ApolloGateway['executor'] =>
  async (requestContext) => {
    const { request, document, queryHash, schema, context, operation } = requestContext;
    const { executor, subgraphs } = withSchema(schema);
    const mayShare = shareQueries && operation.operation === 'query';
    try {
      const answer = await executor.execute(
        {
          key: queryHash,
          document,
          operationName: request.operationName,
          variables: request.variables ?? {},
        },
        askFor(subgraphs, context as CallerContext, mayShare),
      );
      return answer as Awaited<ReturnType<ApolloGateway['executor']>>;
    } catch (error) {
      if (!(error instanceof UnsupportedPlan)) throw error;
      onHandedOver();
      return apollo(requestContext);
    }
  };

/** How much longer than the client's a subgraph's answer may be: it has keys and fields for other subgraphs. */
const answersPerAnswer = 2;

/** The data sources of the supergraph that is served now and, for a while, of the one before. */
class DataSources {
  inUse: ReadonlyMap<string, SubgraphDataSource> = new Map();
  readonly #all = new Map<string, SubgraphDataSource>();
  readonly #settings: GatewaySettings;
  readonly #observe: ObserveSubgraph;

  constructor(settings: GatewaySettings, observe: ObserveSubgraph) {
    this.#settings = settings;
    this.#observe = observe;
  }

  take(subgraph: { name: string; url?: string }): SubgraphDataSource {
    const settings = this.#settings;
    const url = locateSubgraph(subgraph, settings.subgraphUrls);
    const key = `${subgraph.name} ${url}`;
    const dataSource =
      this.#all.get(key) ??
      new SubgraphDataSource({
        name: subgraph.name,
        url,
        internalSecret: secretOfSubgraph(subgraph.name, settings),
        timeoutMs: settings.SUBGRAPH_TIMEOUT_MS,
        connections: settings.SUBGRAPH_CONNECTIONS,
        maxAnswerBytes: settings.MAX_ANSWER_BYTES * answersPerAnswer,
        observe: (outcome, seconds) => this.#observe(subgraph.name, outcome, seconds),
      });
    this.#all.set(key, dataSource);
    return dataSource;
  }

  /**
   * Closes all other data sources, once no operation that was planned with them can still be under way.
   * @param closeOthers called at the same time
   */
  keepOnly(subgraphs: readonly { name: string; url?: string }[], closeOthers?: () => void): void {
    this.inUse = new Map(subgraphs.map((subgraph) => [subgraph.name, this.take(subgraph)]));
    const closeUnused = () => {
      closeOthers?.();
      const inUse = new Set(this.inUse.values());
      for (const [key, dataSource] of this.#all) {
        if (inUse.has(dataSource)) continue;
        this.#all.delete(key);
        void dataSource.destroy();
      }
    };
    setTimeout(closeUnused, 10 * this.#settings.SUBGRAPH_TIMEOUT_MS).unref();
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#all.values()].map((dataSource) => dataSource.destroy()));
  }
}

/** Watches the path and not an open file, so that it also notices a file that is replaced by renaming. */
function watchSupergraph(
  settings: GatewaySettings,
  log: Log,
  first: string,
  serve: (supergraphSdl: string) => Promise<void>,
): () => void {
  let seen = first;
  let looking = Promise.resolve();
  let ended = false;
  const look = async () => {
    if (ended) return;
    try {
      const read = readSupergraph(settings.SUPERGRAPH);
      if (read === seen) return;
      seen = read;
      await serve(withoutSecurityMark(read));
      log.info(`the supergraph in ${settings.SUPERGRAPH} has changed and is served from now on`);
    } catch (error) {
      log.error(
        { err: error },
        `the supergraph in ${settings.SUPERGRAPH} was refused, the one before goes on serving: ${(error as Error).message}`,
      );
    }
  };
  const onChange = () => {
    looking = looking.then(look);
  };
  watchFile(settings.SUPERGRAPH, { interval: settings.SUPERGRAPH_POLL_MS, persistent: false }, onChange);
  return () => {
    ended = true;
    unwatchFile(settings.SUPERGRAPH, onChange);
  };
}

function readSupergraph(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SettingError(`SUPERGRAPH cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

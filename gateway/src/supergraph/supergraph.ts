import './telemetryOff.ts';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { ApolloGateway, type GatewayConfig } from '@apollo/gateway';
import type { Log } from '@ates/kit/process/log';
import { SettingError } from '@ates/kit/process/settings';
import { type GraphQLSchema, parse } from 'graphql';
import { type GatewaySettings, locateSubgraph, secretOfSubgraph } from '../settings.ts';
import { apolloLog } from './apolloLog.ts';
import { SubgraphDataSource } from './dataSource.ts';
import { readSizeRules, type SizeRules } from './operationSize.ts';
import { type NeedsCaller, readRequirements } from './requirements.ts';
import { subgraphsOf, withoutSecurityMark } from './supergraphLinks.ts';

/** A supergraph that is being served. */
export interface ServedSupergraph {
  readonly supergraphSdl: string;
  /** What clients see of it. */
  readonly apiSchema: GraphQLSchema;
}

/** The gateway proper, and what is known of the supergraph it serves at the moment. */
export interface SupergraphServer {
  readonly gateway: ApolloGateway;
  /** What of a schema needs a signed-in caller: asked with the schema, so that a reload in mid-request is harmless. */
  needsCaller(schema: GraphQLSchema): NeedsCaller;
  /** How long texts and lists of a schema may be. */
  sizeRules(schema: GraphQLSchema): SizeRules;
  /** The subgraphs of the supergraph that is served now, by name. */
  subgraphs(): ReadonlyMap<string, SubgraphDataSource>;
  /** Calls back with each supergraph that is served from then on, the first included. */
  onServed(callback: (served: ServedSupergraph) => void): void;
  close(): Promise<void>;
}

/** Told about every request to a subgraph. */
export type ObserveSubgraph = (subgraph: string, outcome: 'answered' | 'failed', seconds: number) => void;

/**
 * Serves the supergraph in `settings.SUPERGRAPH`, and the new one when the file changes. A new one that is broken is
 * refused with a sentence in the log, and the old goes on serving.
 */
export function serveSupergraph(
  settings: GatewaySettings,
  log: Log,
  observe: ObserveSubgraph,
): SupergraphServer {
  const pool = new DataSources(settings, observe);
  const requirements = new WeakMap<GraphQLSchema, NeedsCaller>();
  const sizeRules = new WeakMap<GraphQLSchema, SizeRules>();
  const newGateway = (config: GatewayConfig) =>
    new ApolloGateway({
      ...config,
      buildService: ({ name, url }) => pool.take({ name, ...(url ? { url } : {}) }),
      logger: apolloLog(log),
      // By default the file is trusted where NODE_ENV is production, of all places.
      validateSupergraph: true,
      __exposeQueryPlanExperimental: false,
    });
  const gateway = newGateway({
    supergraphSdl: async ({ update }) => {
      const first = readSupergraph(settings.SUPERGRAPH);
      const unwatch = watchSupergraph(settings, log, first, async (supergraphSdl) => {
        // Tried out in a gateway of its own first: `update` could fail half-way, with some of it replaced already.
        const trial = newGateway({ supergraphSdl });
        await trial.load();
        await trial.stop();
        update(supergraphSdl);
      });
      return { supergraphSdl: withoutSecurityMark(first), cleanup: async () => unwatch() };
    },
  });
  const callbacks: ((served: ServedSupergraph) => void)[] = [];
  gateway.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl }) => {
    requirements.set(apiSchema, readRequirements(coreSupergraphSdl, apiSchema));
    sizeRules.set(apiSchema, readSizeRules(coreSupergraphSdl));
    pool.keepOnly(subgraphsOf(parse(coreSupergraphSdl, { noLocation: true })));
    for (const callback of callbacks) callback({ apiSchema, supergraphSdl: coreSupergraphSdl });
  });
  return {
    gateway,
    needsCaller: (schema) => requirements.get(schema) ?? (() => false),
    sizeRules: (schema) => sizeRules.get(schema) ?? { weights: new Map(), lists: new Map() },
    subgraphs: () => pool.inUse,
    onServed: (callback) => void callbacks.push(callback),
    close: () => pool.destroy(),
  };
}

/** A subgraph's answer may be longer than the client's: it has keys and what the gateway needs for other parts. */
const answersPerAnswer = 2;

/** The data sources of the supergraph that is served now, and for a while those of the one before. */
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

  /** Closes the others once no operation that was planned with them can be under way any more. */
  keepOnly(subgraphs: readonly { name: string; url?: string }[]): void {
    this.inUse = new Map(subgraphs.map((subgraph) => [subgraph.name, this.take(subgraph)]));
    const closeUnused = () => {
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

/** Looks at the path rather than at an open file, so that a file replaced by renaming is noticed as well. */
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

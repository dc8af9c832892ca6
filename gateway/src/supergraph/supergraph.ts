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
  /** The schema that clients see. */
  readonly apiSchema: GraphQLSchema;
}

/** Apollo's gateway, and what is known about the supergraph that it serves now. */
export interface SupergraphServer {
  readonly gateway: ApolloGateway;
  /**
   * Returns the check for signed-in callers of a schema. A request passes its own, so a reload meanwhile is harmless.
   */
  needsCaller(schema: GraphQLSchema): NeedsCaller;
  /** Returns how long the texts and lists of this schema may be. */
  sizeRules(schema: GraphQLSchema): SizeRules;
  /** The subgraphs of the supergraph that is served now, by name. */
  subgraphs(): ReadonlyMap<string, SubgraphDataSource>;
  /** Calls back with each supergraph that is served from now on, including the first. */
  onServed(callback: (served: ServedSupergraph) => void): void;
  close(): Promise<void>;
}

/** Called after every request to a subgraph. */
export type ObserveSubgraph = (subgraph: string, outcome: 'answered' | 'failed', seconds: number) => void;

/**
 * Serves the supergraph in `settings.SUPERGRAPH`, and the new one when the file changes. A broken new one is refused:
 * the log says why, and the old one is still served.
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

  /** Closes all other data sources, once no operation that was planned with them can still be under way. */
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

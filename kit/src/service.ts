import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { DocumentNode } from 'graphql';
import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';
import { watchClockSkew } from './database/measureClockSkew.ts';
import { openDatabase, openServiceDatabase } from './database/pool.ts';
import { ServiceDatabase } from './database/unitOfWork.ts';
import { type Caller, identifyCallers, type UserState } from './graph/caller.ts';
import { gatewaySecretSettings, secretsOfGateway } from './graph/gatewaySecret.ts';
import type { GuardedContext } from './graph/guard.ts';
import { type RunningSubgraph, serveSubgraph } from './graph/subgraph.ts';
import { createTokenVerifier, type VerifyToken } from './graph/token.ts';
import { openHints } from './live/hints.ts';
import { LiveViews } from './live/liveViews.ts';
import { type Clock, type Random, systemClock, systemRandom } from './process/clock.ts';
import type { ClockSkew } from './process/clockSkew.ts';
import type { Log } from './process/log.ts';
import { type Loop, startLoop } from './process/loop.ts';
import { redisOf, redisSettings } from './process/redis.ts';
import { Refusal } from './process/refusal.ts';
import { runProcess } from './process/runProcess.ts';
import { poolSize, port, processSettings, readSettings, subgraphSettings, url } from './process/settings.ts';

/** What a service is; `serveService` serves it. Declared in the service's `service.ts`. */
export interface Service<
  Tables,
  Shape extends z.ZodRawShape,
  Role extends string,
  Context extends RequestContext<Tables, Role>,
> {
  /** The prefix of its settings, in lower case. */
  readonly name: string;
  /** Its settings: `serviceSettings`, `<SERVICE>_DATABASE_URL`, and its own. */
  readonly settings: Shape;
  readonly sdl: DocumentNode;
  readonly resolvers: unknown;
  /** The roles, and the scopes of each. */
  readonly roles: {
    isRole(text: string): text is Role;
    readonly scopesOfRole: Readonly<Record<Role, readonly string[]>>;
  };
  /** The process is ready while this table can be read. */
  readonly readyTable: keyof Tables & string;
  /** Finds users by id with the role and state that this service knows (rule 2). */
  findUsers(
    db: Kysely<Tables>,
    ids: readonly string[],
  ): Promise<readonly (UserState<Role> & { readonly id: string })[]>;
  /** Opens what exists once per process, before the first request. */
  open(
    process: ServiceProcess<Tables, z.infer<z.ZodObject<Shape>>>,
  ): Promise<OpenService<Tables, Role, Context>> | OpenService<Tables, Role, Context>;
}

/** What a service's `open` gets. */
export interface ServiceProcess<Tables, Settings> {
  readonly settings: Settings;
  readonly database: ServiceDatabase<Tables>;
  /** The service adds its live views here. */
  readonly views: LiveViews;
  readonly random: Random;
  readonly skew: ClockSkew;
  /** As `secretsOfGateway` returns them. */
  readonly gatewaySecrets: readonly string[];
  readonly log: Log;
}

/** A service that is open: how it answers requests. */
export interface OpenService<Tables, Role extends string, Context extends RequestContext<Tables, Role>> {
  /** What its resolvers get for a request, beside `RequestContext`; there is no response for a subscription's payload. */
  context(
    request: { readonly headers: IncomingHttpHeaders },
    response: ServerResponse | undefined,
  ): Omit<Context, keyof RequestContext<Tables, Role>>;
  /** Verifies tokens; without it, the keys at `JWKS_URL` do. */
  readonly verifyToken?: VerifyToken;
  /** True while the caller's session goes on; without it, until the token expires. */
  isInSession?(caller: Caller<Role>): Promise<boolean>;
  /** Answers requests that are not GraphQL; false for other paths. */
  endpoints?(request: IncomingMessage, response: ServerResponse): boolean;
  /** Its loops. */
  readonly loops?: readonly { what: string; intervalMs: number; run(): Promise<void> }[];
  /** The last step of the start, when the service can be reached; the result is added to the process's `info`. */
  begin?(): Promise<Record<string, unknown>>;
}

/** What the resolvers of every service get for a request. */
export interface RequestContext<Tables, Role extends string> extends GuardedContext {
  /** Null without a signed-in user. */
  readonly caller: Caller<Role> | null;
  readonly database: ServiceDatabase<Tables>;
  readonly log: Log;
}

/** Returns the caller, in resolvers of fields with `@authenticated`, which always have one. */
export function callerOf<Role extends string>({
  caller,
}: {
  readonly caller: Caller<Role> | null;
}): Caller<Role> {
  if (!caller) throw new Refusal('UNAUTHENTICATED', 'Sign in first.');
  return caller;
}

/** The URL of a PostgreSQL database. */
export const databaseUrl = () => url('postgres', 'postgresql');

/** Settings of every service's subgraph; beside them it has its database's `<SERVICE>_DATABASE_URL`. */
export const serviceSettings = {
  ...processSettings,
  ...subgraphSettings,
  ...gatewaySecretSettings,
  /** The port of its graph; 0, the default, for a free one. */
  PORT: port().default(0),
  /** The most connections to its database; 10 unless set. */
  DATABASE_POOL_SIZE: poolSize().optional(),
};

/** Settings of a service that takes its callers by auth's tokens and has live views; it may have a `<SERVICE>_LISTEN_URL`. */
export const liveSettings = {
  /** Where auth publishes the keys that tokens are verified with. */
  JWKS_URL: url('http', 'https'),
  /** Carries hints to live views, as for the workers; without it the database does. */
  ...redisSettings,
};

/** A running service. */
export interface RunningService extends RunningSubgraph {
  /** What the supervisor needs to know. */
  readonly info: Record<string, unknown>;
}

/** What tests replace. Without `skew`, the clock skew is measured. */
export interface Surroundings {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly skew?: ClockSkew | undefined;
}

/** Serves a service's subgraph. */
export async function serveService<
  Tables,
  Shape extends z.ZodRawShape,
  Role extends string,
  Context extends RequestContext<Tables, Role>,
>(
  service: Service<Tables, Shape, Role, Context>,
  settings: z.infer<z.ZodObject<Shape>>,
  log: Log,
  { clock = systemClock, random = systemRandom, skew: given }: Surroundings = {},
): Promise<RunningService> {
  const { name } = service;
  // The settings that every service has, and those of live ones.
  const common = settings as z.infer<z.ZodObject<typeof serviceSettings>> &
    Partial<z.infer<z.ZodObject<typeof liveSettings>>>;
  const databaseSetting = `${name.toUpperCase()}_DATABASE_URL` as const;
  const isLive = common.JWKS_URL !== undefined;
  const gatewaySecrets = secretsOfGateway(common, log);
  const { db, listenUrl } = await openPool();
  const skew = given ?? (await watchClockSkew({ db, service: name, log }));
  const redis = redisOf({ REDIS_CLUSTER: false, ...common });
  const hints = isLive ? openHints({ service: name, db, listenUrl, redis, log }) : undefined;
  const database = new ServiceDatabase(db, { clock, hints });
  const views = new LiveViews(log);
  const opened = await service.open({ settings, database, views, random, skew, gatewaySecrets, log });
  hints?.listen(views);
  const verifyToken = opened.verifyToken ?? verifierByUrl();
  const identify = identifyCallers({
    verifyToken,
    ...service.roles,
    findOwnCopies: (ids) => service.findUsers(db, ids),
  });
  const contextOf = async (
    request: { readonly headers: IncomingHttpHeaders },
    response?: ServerResponse,
  ): Promise<Context> => {
    const { caller, access } = await identify(request);
    const isOver = caller !== null && (await opened.isInSession?.(caller)) === false;
    const common: RequestContext<Tables, Role> = {
      ...(isOver ? { caller: null, access: { problem: 'ended' } } : { caller, access }),
      database,
      log,
    };
    return { ...opened.context(request, response), ...common } as Context;
  };
  const loops: Loop[] = (opened.loops ?? []).map(({ what, intervalMs, run }) =>
    startLoop({ what, intervalMs, run, skew, log }),
  );
  const subgraph = await serveSubgraph<Context>({
    typeDefs: service.sdl,
    resolvers: service.resolvers,
    gatewaySecrets,
    maxAnswerBytes: common.MAX_ANSWER_BYTES,
    host: common.HOST,
    port: common.PORT,
    internalPort: common.INTERNAL_PORT,
    log,
    isReady,
    skew,
    context: contextOf,
    ...(isLive ? { payloadContext: contextOf } : {}),
    ...(opened.endpoints ? { extra: opened.endpoints } : {}),
  });
  const begun = await opened.begin?.();
  return {
    ...subgraph,
    info: { url: subgraph.url, internalPort: subgraph.internalPort, ...begun },
    async stop() {
      views.close();
      await Promise.all([subgraph.stop(), ...loops.map((loop) => loop.stop())]);
      skew.stop();
      await hints?.close();
      await db.destroy();
    },
  };

  function verifierByUrl(): VerifyToken {
    if (common.JWKS_URL === undefined)
      throw new Error(`${name} cannot verify tokens: it needs \`liveSettings\` or a \`verifyToken\``);
    return createTokenVerifier(new URL(common.JWKS_URL), () => clock.now());
  }

  async function openPool() {
    const urls = common as unknown as Readonly<Record<string, string | undefined>>;
    const url = urls[databaseSetting];
    if (url === undefined) throw new Error(`${databaseSetting} is not among the settings of ${name}`);
    const poolSize = common.DATABASE_POOL_SIZE ?? 10;
    const options = { poolSize, statementTimeoutMs: 10_000, applicationName: name };
    if (!isLive) return { db: openDatabase<Tables>(url, options, log), listenUrl: undefined };
    const listenUrl = urls[`${name.toUpperCase()}_LISTEN_URL`];
    return openServiceDatabase<Tables>({ url, listenUrl, setting: databaseSetting }, options, log);
  }

  async function isReady(): Promise<true | string> {
    try {
      await sql`select 1 from ${sql.table(service.readyTable)} limit 1`.execute(db);
      return true;
    } catch (error) {
      return `the database of ${name} (${databaseSetting}) does not answer: ${(error as Error).message}`;
    }
  }
}

/** The main function of a subgraph's process. */
export function runService<
  Tables,
  Shape extends z.ZodRawShape,
  Role extends string,
  Context extends RequestContext<Tables, Role>,
>(service: Service<Tables, Shape, Role, Context>): Promise<void> {
  return runProcess(service.name, (environment, log) =>
    serveService(service, readSettings(service.settings, environment), log),
  );
}

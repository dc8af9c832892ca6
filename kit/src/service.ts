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

/** What a service is, for `serveService`. It stands in the service's `service.ts`. */
export interface Service<
  Tables,
  Shape extends z.ZodRawShape,
  Role extends string,
  Context extends RequestContext<Tables, Role>,
> {
  /** What its settings begin with. */
  readonly name: string;
  /** Its settings: `settingsOf` its name, and its own. */
  readonly settings: Shape;
  readonly sdl: DocumentNode;
  readonly resolvers: unknown;
  /** Which roles there are, and what each of them may do. */
  readonly roles: {
    isRole(text: string): text is Role;
    readonly scopesOfRole: Readonly<Record<Role, readonly string[]>>;
  };
  /** The service is ready while this table can be read. */
  readonly readyTable: keyof Tables & string;
  /** The users whose role and state this service knows (rule 2). */
  findUsers(
    db: Kysely<Tables>,
    ids: readonly string[],
  ): Promise<readonly (UserState<Role> & { readonly id: string })[]>;
  /** Opens what there is once per process, before anything is answered. */
  open(
    process: ServiceProcess<Tables, z.infer<z.ZodObject<Shape>>>,
  ): Promise<OpenService<Tables, Role, Context>> | OpenService<Tables, Role, Context>;
}

/** What every process of a service has. */
export interface ServiceProcess<Tables, Settings> {
  readonly settings: Settings;
  readonly database: ServiceDatabase<Tables>;
  /** Where the service adds its live views. */
  readonly views: LiveViews;
  readonly random: Random;
  readonly skew: ClockSkew;
  /** What it knows its gateway by, as `secretsOfGateway` has them. */
  readonly gatewaySecrets: readonly string[];
  readonly log: Log;
}

/** What a service has opened: how it answers one request. */
export interface OpenService<Tables, Role extends string, Context extends RequestContext<Tables, Role>> {
  /** What its resolvers know of a request, beside `RequestContext`. A subscription's payload has no response. */
  context(
    request: { readonly headers: IncomingHttpHeaders },
    response: ServerResponse | undefined,
  ): Omit<Context, keyof RequestContext<Tables, Role>>;
  /** Verifies tokens; by the keys at `JWKS_URL` unless given. */
  readonly verifyToken?: VerifyToken;
  /** Whether the caller's session still goes on; as long as the token unless given. */
  isInSession?(caller: Caller<Role>): Promise<boolean>;
  /** Answers requests that are not GraphQL; false where the path is none of its own. */
  endpoints?(request: IncomingMessage, response: ServerResponse): boolean;
  /** What it does every so often. */
  readonly loops?: readonly { what: string; intervalMs: number; run(): Promise<void> }[];
  /** Its last step, once it can be reached; what it returns is added to the process's `info`. */
  begin?(): Promise<Record<string, unknown>>;
}

/** What the resolvers of every service know of the request they answer. */
export interface RequestContext<Tables, Role extends string> extends GuardedContext {
  /** Null where nobody is signed in. */
  readonly caller: Caller<Role> | null;
  readonly database: ServiceDatabase<Tables>;
  readonly log: Log;
}

/** The caller, for fields that are guarded by `@authenticated`: others do not get there. */
export function callerOf<Role extends string>({
  caller,
}: {
  readonly caller: Caller<Role> | null;
}): Caller<Role> {
  if (!caller) throw new Refusal('UNAUTHENTICATED', 'Sign in first.');
  return caller;
}

type Postgres = ReturnType<typeof url>;

/** Settings of every service's subgraph. */
export const settingsOf = <Name extends string>(name: Name) => ({
  ...processSettings,
  ...subgraphSettings,
  ...gatewaySecretSettings,
  /** The port of its graph; 0, the default, is a free one. */
  PORT: port().default(0),
  /** The service's database, with the application's role. */
  ...(setting(name, 'DATABASE_URL', postgres()) as Record<`${Uppercase<Name>}_DATABASE_URL`, Postgres>),
  /** The most connections to it; 10 unless set. */
  DATABASE_POOL_SIZE: poolSize().optional(),
});

/** Settings of a service that takes its callers by auth's tokens and has live views. */
export const liveSettingsOf = <Name extends string>(name: Name) => ({
  /** Where auth publishes the keys that tokens are verified with. */
  JWKS_URL: url('http', 'https'),
  /** A direct URL of its database for LISTEN, where `<SERVICE>_DATABASE_URL` leads to a pooler that shares connections. */
  ...(setting(name, 'LISTEN_URL', postgres().optional()) as Record<
    `${Uppercase<Name>}_LISTEN_URL`,
    z.ZodOptional<Postgres>
  >),
  /** Where hints go to live views; by the database without it. As the workers have it. */
  ...redisSettings,
});

const postgres = () => url('postgres', 'postgresql');
const setting = (service: string, name: string, type: z.ZodType) => ({
  [`${service.toUpperCase()}_${name}`]: type,
});

/** A service whose subgraph answers. */
export interface RunningService extends RunningSubgraph {
  /** What the supervisor is told of it. */
  readonly info: Record<string, unknown>;
}

/** What tests replace: time, chance, and whether the clock may be trusted, which is measured unless given. */
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
  // What `settingsOf` and `liveSettingsOf` have read, whatever the service's own settings are.
  const common = settings as z.infer<z.ZodObject<ReturnType<typeof settingsOf>>> &
    Partial<z.infer<z.ZodObject<ReturnType<typeof liveSettingsOf>>>>;
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
      throw new Error(
        `${name} verifies no tokens: give it \`liveSettingsOf\`, or a \`verifyToken\` of its own`,
      );
    return createTokenVerifier(new URL(common.JWKS_URL), () => clock.now());
  }

  async function openPool() {
    const databaseUrl = (common as Record<string, unknown>)[databaseSetting] as string;
    const listen = (common as Record<string, unknown>)[`${name.toUpperCase()}_LISTEN_URL`];
    const size = common.DATABASE_POOL_SIZE ?? 10;
    const options = { poolSize: size, statementTimeoutMs: 10_000, applicationName: name };
    if (!isLive) return { db: openDatabase<Tables>(databaseUrl, options, log), listenUrl: undefined };
    const location = {
      url: databaseUrl,
      listenUrl: listen as string | undefined,
      setting: databaseSetting,
    };
    return openServiceDatabase<Tables>(location, options, log);
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

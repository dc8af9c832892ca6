import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import { type Clock, systemClock } from '@ates/kit/process/clock';
import {
  closeServer,
  type InternalServer,
  listen,
  startInternalServer,
} from '@ates/kit/process/internalServer';
import type { Log } from '@ates/kit/process/log';
import type { Running } from '@ates/kit/process/runProcess';
import { SettingError } from '@ates/kit/process/settings';
import { writeBounded } from './execute/jsonText.ts';
import { createAuthentication, type Identity, refuseStrangers } from './guards/authentication.ts';
import { allowOrigins } from './guards/crossOrigin.ts';
import { HeavyOperations, queueHeavyOperations } from './guards/heavyOperations.ts';
import { limitOperations } from './guards/limits.ts';
import { serveApp } from './http/app.ts';
import { serveGraphql } from './http/graphql.ts';
import { countOperations } from './http/metrics.ts';
import { graphiqlPage, landingPage, readLandingPage } from './http/pages.ts';
import { relayPublicKeys } from './http/publicKeys.ts';
import { requestIdOf, route } from './http/routes.ts';
import { Connections } from './live/connections.ts';
import { watchSessions } from './live/sessions.ts';
import { type Execute, serveSockets } from './live/sockets.ts';
import { serveStreams } from './live/streams.ts';
import { serveSubscriptions } from './live/subscriptions.ts';
import { type CallerContext, clientAddress, isForeign } from './request/caller.ts';
import { OperationReader } from './request/operation.ts';
import { legacyStatus, refuseUnservable } from './request/transport.ts';
import { Turns } from './request/turns.ts';
import type { GatewaySettings } from './settings.ts';
import { apolloLog } from './supergraph/apolloLog.ts';
import { maskErrors } from './supergraph/errors.ts';
import { limitSize } from './supergraph/operationSize.ts';
import { type Readiness, watchReadiness } from './supergraph/readiness.ts';
import { serveSupergraph } from './supergraph/supergraph.ts';

export interface RunningGateway extends Running {
  /** The public URL, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly internalPort: number;
}

/** How long requests under way may take once the gateway stops, in milliseconds. */
const drainMs = 3_000;

/**
 * Starts the public endpoint for the supergraph that the settings name.
 * @param options.landingPage HTML for `/`, in place of the general page and of the `LANDING_PAGE` file
 * @throws SettingError where a setting is wrong, the supergraph cannot be served, or a port is taken
 */
export async function startGateway(
  settings: GatewaySettings,
  log: Log,
  options: { clock?: Clock; landingPage?: string } = {},
): Promise<RunningGateway> {
  const { clock = systemClock } = options;
  const landing =
    options.landingPage ?? (settings.LANDING_PAGE ? readLandingPage(settings.LANDING_PAGE) : undefined);
  const app = settings.APP_DIR ? serveApp(settings.APP_DIR) : undefined;
  if (settings.INTERNAL_SECRET !== undefined) {
    log.warn(
      'INTERNAL_SECRET is what the gateway sends wherever it has no other secret. Every process that has it can pass for the gateway: set SUBGRAPH_SECRET_<NAME> for each subgraph and INTROSPECTION_SECRET, then remove INTERNAL_SECRET.',
    );
  }
  // The steps that undo the start so far. They run in reverse order, also after a failed start.
  const started: (() => unknown)[] = [];
  const takeDown = async () => {
    for (let undo = started.pop(); undo; undo = started.pop()) await undo();
  };

  try {
    let readiness: Readiness | undefined;
    const internal = await startInternalServer({
      host: settings.HOST,
      port: settings.INTERNAL_PORT,
      isReady: () => readiness?.isReady() ?? 'starting',
    });
    started.push(() => internal.close());
    const metrics = countOperations(internal.registry);

    const supergraph = serveSupergraph(settings, log, metrics);
    started.push(() => supergraph.close());
    const authentication = createAuthentication({
      jwksUrl: settings.JWKS_URL,
      introspection: settings.introspection,
      now: () => clock.now(),
      log,
    });
    started.push(() => authentication.close());

    const sessions = watchSessions({
      endpoint: settings.endedSessions,
      now: () => clock.now(),
      log,
    });
    started.push(() => sessions.close());

    const errors = maskErrors(log);
    const reader = new OperationReader();
    const turns = new Turns();
    const subscriptions = serveSubscriptions(settings, supergraph, errors);
    started.push(() => subscriptions.close());
    const apollo = new ApolloServer<CallerContext>({
      gateway: supergraph.gateway,
      ...limitOperations(settings),
      introspection: true,
      csrfPrevention: true,
      allowBatchedHttpRequests: false,
      // Resolved before, in the same way for every transport.
      persistedQueries: false,
      includeStacktraceInErrorResponses: false,
      stopOnTerminationSignals: false,
      formatError: errors.formatError,
      // With an end of line, which terminals want.
      stringifyResult: (answer) => `${writeBounded(answer, settings.MAX_ANSWER_BYTES)}\n`,
      logger: apolloLog(log),
      plugins: [
        errors.plugin,
        refuseUnservable,
        limitSize(settings, (schema) => supergraph.withSchema(schema).sizeRules),
        refuseStrangers((schema) => supergraph.withSchema(schema).needsCaller),
        queueHeavyOperations(new HeavyOperations(settings), settings.HEAVY_BYTES),
        legacyStatus,
        metrics.plugin,
        // Answers depend on the caller, so no proxy may cache them.
        ApolloServerPluginCacheControlDisabled(),
        // Sandbox with any NODE_ENV, because managers and engineers work with it.
        ApolloServerPluginLandingPageLocalDefault({ embed: { runTelemetry: false } }),
      ],
    });
    await apollo.start().catch((cause: Error) => {
      if (cause instanceof SettingError) throw cause;
      throw new SettingError(
        `SUPERGRAPH names ${settings.SUPERGRAPH}, which cannot be served: ${cause.message}`,
        { cause },
      );
    });
    started.push(() => apollo.stop());
    readiness = watchReadiness(() => supergraph.current()?.subgraphs ?? new Map(), log);
    started.push(readiness.stop);

    const crossOrigin = allowOrigins(settings.ALLOWED_ORIGINS, settings.TRUSTED_PROXIES);
    const connections = new Connections({
      most: settings.MAX_CONNECTIONS,
      mostPerUser: settings.MAX_CONNECTIONS_PER_USER,
    });
    const live = {
      authentication,
      sessions,
      subscriptions,
      connections,
      execute: executeBy(apollo, settings.MAX_ANSWER_BYTES),
    };
    const streams = serveStreams({
      ...live,
      contextOf: (request, response, identity) => contextOf(request, response, settings, identity),
      formatErrors: errors.formatAll,
    });
    const graphql = serveGraphql({
      apollo,
      reader,
      turns,
      streams,
      isSubscription: subscriptions.isSubscription,
      contextOf: async (request, response) =>
        contextOf(request, response, settings, await authentication.identify(request.headers.authorization)),
    });
    const listener = route({
      async graphql(request, response) {
        response.setHeader('cache-control', 'no-store');
        if (!crossOrigin.answersPreflight(request, response)) await graphql.answer(request, response);
      },
      async stream(request, response) {
        response.setHeader('cache-control', 'no-store');
        if (!crossOrigin.answersPreflight(request, response)) await graphql.stream(request, response);
      },
      landing: landingPage(landing),
      app,
      graphiql: graphiqlPage(),
      publicKeys: settings.JWKS_URL ? relayPublicKeys(settings.JWKS_URL) : undefined,
      readiness,
      mask: errors.mask,
    });
    const http = await listenPublicly(settings, listener);
    started.push(http.close);
    const sockets = serveSockets(http.server, {
      ...live,
      reader,
      turns,
      settings,
      callerOf: (request, authorization) => ({
        clientAddress: clientAddress(request, settings.TRUSTED_PROXIES),
        forwarded: authorization ? { authorization } : {},
        // A WebSocket has no answer that could carry cookies.
        passCookies: () => undefined,
      }),
      newRequestId: randomUUID,
      formatErrors: errors.formatAll,
      log,
    });
    metrics.countLive({
      sockets: () => sockets.size,
      streams: () => streams.size,
      subscriptions: () => subscriptions.size,
    });
    started.push(async () => {
      streams.close();
      await sockets.close();
    });

    log.info(`the graph is served at ${http.url}/graphql`);
    return running(http, internal, readiness, takeDown);
  } catch (error) {
    await takeDown();
    throw error;
  }
}

function running(
  http: { url: string; port: number },
  internal: InternalServer,
  readiness: Readiness,
  takeDown: () => Promise<void>,
): RunningGateway {
  return {
    url: http.url,
    internalPort: internal.port,
    info: { url: http.url, port: http.port, internalPort: internal.port },
    async stop() {
      readiness.drain();
      await takeDown();
    },
  };
}

/** Returns the function that runs operations of other transports under the same rules. */
const executeBy =
  (apollo: ApolloServer<CallerContext>, maxAnswerBytes: number): Execute =>
  async ({ query, operationName, variables }, contextValue) => {
    const { body } = await apollo.executeOperation(
      { query, ...(operationName ? { operationName } : {}), variables: { ...variables } },
      { contextValue },
    );
    if (body.kind !== 'single') throw new Error('an answer came in parts, which is not supported');
    const result = body.singleResult;
    return result.errors && !('data' in result)
      ? { refusals: JSON.stringify(result.errors) }
      : { result: writeBounded(result, maxAnswerBytes) };
  };

/** Makes a request's context. Headers that are not named here, and cookies of foreign pages, reach no subgraph. */
function contextOf(
  request: IncomingMessage,
  response: ServerResponse,
  settings: GatewaySettings,
  { problem, authorization, claims }: Identity,
): CallerContext {
  const withCookies = !isForeign(request, settings.TRUSTED_PROXIES);
  const { cookie } = request.headers;
  const session = request.headers['x-session'];
  return {
    requestId: requestIdOf(response),
    clientAddress: clientAddress(request, settings.TRUSTED_PROXIES),
    userId: claims?.userId,
    problem,
    forwarded: {
      ...(authorization ? { authorization } : {}),
      ...(withCookies && cookie ? { cookie } : {}),
      ...(withCookies && typeof session === 'string' ? { 'x-session': session } : {}),
    },
    passCookies(cookies) {
      if (withCookies && !response.headersSent) response.appendHeader('set-cookie', cookies);
    },
  };
}

async function listenPublicly(
  settings: GatewaySettings,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const underWay = new Set<ServerResponse>();
  let draining = false;
  const server = createServer((request, response) => {
    underWay.add(response);
    response.on('close', () => underWay.delete(response));
    if (draining) response.shouldKeepAlive = false;
    listener(request, response);
  });
  // Longer than that of load balancers; else the gateway might close a connection that one has just reused.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await listen(server, settings.PORT, settings.HOST);
  const { port } = server.address() as AddressInfo;
  const host = settings.HOST === '0.0.0.0' || settings.HOST === '::' ? '127.0.0.1' : settings.HOST;
  return {
    server,
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => {
      draining = true;
      for (const response of underWay) response.shouldKeepAlive = false;
      return closeServer(server, drainMs);
    },
  };
}

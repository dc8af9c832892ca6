import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { assertInStep, type ClockSkew } from '../process/clockSkew.ts';
import { closeServer, listen, startInternalServer } from '../process/internalServer.ts';
import type { Log } from '../process/log.ts';
import { Refusal, Unavailable } from '../process/refusal.ts';
import { writeAnswer } from './boundedJson.ts';
import { holdsSecret } from './gatewaySecret.ts';
import { answerProblem, graphqlHttp } from './graphqlHttp.ts';
import { enforceAccess, type GuardedContext } from './guard.ts';
import { serveSubscriptions } from './subscriptions.ts';

type Resolvers = NonNullable<
  Parameters<typeof buildSubgraphSchema>[0] extends infer Module
    ? Module extends { resolvers?: infer R }
      ? R
      : never
    : never
>;

/** A subgraph that answers. */
export interface RunningSubgraph {
  /** Where its graph is, such as `http://127.0.0.1:4001`. */
  readonly url: string;
  readonly internalPort: number;
  stop(): Promise<void>;
}

/** Serves one subgraph over HTTP, to callers that know one of its secrets: its gateways. */
export async function serveSubgraph<Context extends GuardedContext & BaseContext>(options: {
  typeDefs: DocumentNode;
  resolvers: unknown;
  context: (request: IncomingMessage, response: ServerResponse) => Promise<Context>;
  /** The context of a subscription's payload; a subgraph without it has no subscriptions. */
  payloadContext?: (request: { headers: IncomingHttpHeaders }) => Promise<Context>;
  /** As `secretsOfGateway` has them. */
  gatewaySecrets: readonly string[];
  /** The most bytes of an answer. */
  maxAnswerBytes: number;
  host: string;
  port: number;
  internalPort: number;
  isReady: () => Promise<true | string>;
  /** Whether the clock may be trusted: mutations are refused while it may not. */
  skew: ClockSkew;
  /** What else this server answers, without the secret unless it asks for it; false where it is not its business. */
  extra?: (request: IncomingMessage, response: ServerResponse) => boolean;
  log: Log;
}): Promise<RunningSubgraph> {
  const schema = enforceAccess(
    buildSubgraphSchema([{ typeDefs: options.typeDefs, resolvers: options.resolvers as Resolvers }] as never),
  );
  const apollo = new ApolloServer<Context>({
    schema,
    // Callers know a secret: no browser gets here.
    csrfPrevention: false,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted, error) => formatError(formatted, error, options.log),
    stringifyResult: (answer) => writeAnswer(answer, options.maxAnswerBytes),
    stopOnTerminationSignals: false,
    plugins: [answerErrorsWith200(), refuseMutations(options.skew), ApolloServerPluginInlineTraceDisabled()],
  });
  await apollo.start();
  const graph = graphqlHttp(apollo, options.context);
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    void graph(request, response).catch((error: unknown) => {
      const { message, extensions } = maskSurprise(error, options.log);
      if (response.headersSent) response.destroy();
      else answerProblem(response, 500, message, extensions);
    });
  const server = createServer(withSecret(options.gatewaySecrets, answer, options.extra));
  const subscriptions =
    options.payloadContext &&
    serveSubscriptions(server, {
      schema,
      context: options.payloadContext,
      isAllowed: (request) => holdsSecret(request, options.gatewaySecrets),
      maxAnswerBytes: options.maxAnswerBytes,
      formatError: (error) => formatError((error as GraphQLError).toJSON(), error, options.log),
    });
  server.keepAliveTimeout = 65_000;
  await listen(server, options.port, options.host);
  const internal = await startInternalServer({
    host: options.host,
    port: options.internalPort,
    isReady: async () => options.skew.outOfStep ?? (await options.isReady()),
    clockSkews: [options.skew],
  });
  return {
    url: `http://${options.host}:${(server.address() as AddressInfo).port}`,
    internalPort: internal.port,
    async stop() {
      // Before the server, which waits for its connections.
      await subscriptions?.close();
      await Promise.all([closeServer(server), internal.close()]);
      await apollo.stop();
    },
  };
}

function withSecret(
  secrets: readonly string[],
  graph: RequestListener,
  extra?: (request: IncomingMessage, response: ServerResponse) => boolean,
): RequestListener {
  return (request, response) => {
    if (extra?.(request, response)) return;
    if (!holdsSecret(request, secrets)) {
      request.resume();
      const message = 'This is an internal endpoint. Send operations to the gateway.';
      return answerProblem(response, 403, message, { code: 'FORBIDDEN' });
    }
    graph(request, response);
  };
}

/** Request errors are answered 200, so that the gateway reads them as GraphQL errors and not as a broken server. */
function answerErrorsWith200(): ApolloServerPlugin {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ response }) {
          if (response.http.status && response.http.status >= 400) response.http.status = 200;
        },
      };
    },
  };
}

/** What a mutation does is kept with the moment it was done at. */
function refuseMutations(skew: ClockSkew): ApolloServerPlugin {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation === 'mutation') assertInStep(skew);
        },
      };
    },
  };
}

/** Refusals are shown as they are; surprises are logged once, in whole, and shown as an id. */
function formatError(formatted: GraphQLFormattedError, error: unknown, log: Log): GraphQLFormattedError {
  const original = (error instanceof GraphQLError ? error.originalError : undefined) ?? error;
  const place = {
    ...(formatted.path ? { path: formatted.path } : {}),
    ...(formatted.locations ? { locations: formatted.locations } : {}),
  };
  if (original instanceof Refusal)
    return { message: original.message, ...place, extensions: { code: original.code } };
  if (original instanceof Unavailable) {
    const { message, retryAfterMs } = original;
    return { message, ...place, extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterMs } };
  }
  // A scalar's own refusal of a literal keeps its code: the gateway, which knows no such scalars, let it through.
  const refused = original instanceof GraphQLError ? original.extensions.code : undefined;
  const code = refused ?? formatted.extensions?.code;
  if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR')
    return { message: formatted.message, ...place, extensions: { code } };
  return { ...maskSurprise(original, log, formatted.path), ...place };
}

function maskSurprise(error: unknown, log: Log, path?: readonly (string | number)[]) {
  const id = randomUUID();
  log.error({ err: error, id, path }, `error ${id}: ${(error as Error).message}`);
  return {
    message: `Something went wrong on our side (id ${id}). Try again; if it persists, give this id to an operator.`,
    extensions: { code: 'INTERNAL', id },
  };
}

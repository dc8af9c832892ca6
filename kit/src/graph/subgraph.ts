import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
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

/** A running subgraph. */
export interface RunningSubgraph {
  /** The URL of its graph, such as `http://127.0.0.1:4001`. */
  readonly url: string;
  readonly internalPort: number;
  stop(): Promise<void>;
}

/** Serves a subgraph over HTTP to gateways, which send one of its secrets. */
export async function serveSubgraph<Context extends GuardedContext & BaseContext>(options: {
  typeDefs: DocumentNode;
  resolvers: unknown;
  context: (request: IncomingMessage, response: ServerResponse) => Promise<Context>;
  /** Makes the context of a subscription's payload; without it there are no subscriptions. */
  payloadContext?: (request: { headers: IncomingHttpHeaders }) => Promise<Context>;
  /** As `secretsOfGateway` has them. */
  gatewaySecrets: readonly string[];
  /** The most bytes of an answer. */
  maxAnswerBytes: number;
  host: string;
  port: number;
  internalPort: number;
  isReady: () => Promise<true | string>;
  /** Mutations are refused while the clocks disagree. */
  skew: ClockSkew;
  /** Answers other paths of this server, without the gateway's secret; false for paths that it does not answer. */
  extra?: (request: IncomingMessage, response: ServerResponse) => boolean;
  log: Log;
}): Promise<RunningSubgraph> {
  const schema = enforceAccess(
    buildSubgraphSchema([{ typeDefs: options.typeDefs, resolvers: options.resolvers }] as never),
  );
  const apollo = new ApolloServer<Context>({
    schema,
    // Only gateways get here, never a browser.
    csrfPrevention: false,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted, error) => formatError(formatted, error, options.log),
    stringifyResult: (answer) => writeAnswer(answer, options.maxAnswerBytes),
    stopOnTerminationSignals: false,
    plugins: [requestRules(options.skew), ApolloServerPluginInlineTraceDisabled()],
  });
  await apollo.start();
  const graph = graphqlHttp(apollo, options.context);
  const server = createServer((request, response) => {
    if (options.extra?.(request, response)) return;
    if (!holdsSecret(request, options.gatewaySecrets)) {
      request.resume();
      const message = 'This is an internal endpoint. Send operations to the gateway.';
      return answerProblem(response, 403, message, { code: 'FORBIDDEN' });
    }
    graph(request, response).catch((error: unknown) => {
      const { message, extensions } = maskSurprise(error, options.log);
      if (response.headersSent) response.destroy();
      else answerProblem(response, 500, message, extensions);
    });
  });
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
      // Before the server, which waits for the end of all connections.
      await subscriptions?.close();
      await Promise.all([closeServer(server), internal.close()]);
      await apollo.stop();
    },
  };
}

/**
 * Refuses mutations while the clocks disagree, since they store the moment at which they happened. Answers request errors
 * with 200, so that the gateway reads them as GraphQL errors and not as a broken server.
 */
const requestRules = (skew: ClockSkew): ApolloServerPlugin => ({
  requestDidStart: async () => ({
    async didResolveOperation({ operation }) {
      if (operation?.operation === 'mutation') assertInStep(skew);
    },
    async willSendResponse({ response }) {
      if (response.http.status && response.http.status >= 400) response.http.status = 200;
    },
  }),
});

/** Shows refusals as they are; logs unexpected errors in full and shows their id only. */
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
  // A scalar that refuses a literal keeps its code: the gateway does not know these scalars.
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

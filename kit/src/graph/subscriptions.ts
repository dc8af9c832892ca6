import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { boundAnswer } from './boundedJson.ts';
import { maxBodyBytes } from './graphqlHttp.ts';

/** How often a connection is pinged, in milliseconds. */
const keepAliveMs = 12_000;

/** How long a gateway has to close its connection, in milliseconds. */
const goodbyeMs = 500;

/** A subscription's message carries the client's headers, as the HTTP request of a query does. */
interface SubscriptionExtensions {
  readonly headers?: IncomingHttpHeaders;
}

/**
 * Serves a subgraph's subscriptions to its gateway: graphql-transport-ws on the path and port of its graph. The subscriptions
 * of all users share the gateway's connections, so each names its user in `extensions.headers`.
 */
export function serveSubscriptions<Context>(
  server: Server,
  options: {
    schema: GraphQLSchema;
    /** Called for each payload: the subscriber's role may have changed, and loaded data is old. */
    context: (request: { headers: IncomingHttpHeaders }) => Promise<Context>;
    isAllowed: (request: IncomingMessage) => boolean;
    /** The most bytes of a payload. */
    maxAnswerBytes: number;
    formatError: (error: unknown) => GraphQLFormattedError;
  },
): { close(): Promise<void> } {
  const { schema, context, isAllowed, maxAnswerBytes, formatError } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isAllowed(request)) return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted, request));
  });
  const formatted = (errors: readonly unknown[]) => errors.map(formatError);
  const graph = useServer(
    {
      schema,
      context:
        (_, __, { extensions }) =>
        () =>
          context({ headers: (extensions as SubscriptionExtensions | undefined)?.headers ?? {} }),
      subscribe: (args) => subscribe(args as ExecutionArgs, args.contextValue as () => Promise<Context>),
      onNext: (_, __, ___, ____, result) => {
        const { data, errors }: ExecutionResult = boundAnswer(result as ExecutionResult, maxAnswerBytes);
        return errors && { ...(data !== undefined && { data }), errors: formatted(errors) };
      },
      onError: (_, __, ___, errors) => formatted(errors),
    },
    sockets,
    keepAliveMs,
  );
  return {
    async close() {
      // A gateway that has died never closes its connection.
      await Promise.race([graph.dispose(), sleep(goodbyeMs, undefined, { ref: false })]);
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

/** Like graphql-js' `subscribe`, but with a new context per payload; ends after the first payload that is refused. */
async function subscribe<Context>(
  args: ExecutionArgs,
  context: () => Promise<Context>,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await withErrors<AsyncIterable<unknown> | ExecutionResult>(async () =>
    createSourceEventStream({ ...args, contextValue: await context() }),
  );
  if (!(Symbol.asyncIterator in source)) return source;
  const payloads = source[Symbol.asyncIterator]();
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    await payloads.return?.();
    return { value: undefined, done: true };
  };
  let refused = false;
  const results: AsyncIterableIterator<ExecutionResult> = {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (refused) return end();
      const payload = await payloads.next();
      if (payload.done) return payload;
      const value = await withErrors<ExecutionResult>(async () =>
        execute({ ...args, rootValue: payload.value, contextValue: await context() }),
      );
      // Only an error makes the root field null.
      refused = !value.data;
      return { value, done: false };
    },
    return: end,
  };
  return results;
}

/** Turns an exception into the answer: thrown, it would close the connection, which others share. */
async function withErrors<Result>(run: () => Promise<Result>): Promise<Result | ExecutionResult> {
  try {
    return await run();
  } catch (error) {
    const originalError = error instanceof Error ? error : new Error(String(error));
    return { errors: [new GraphQLError(originalError.message, { originalError })] };
  }
}

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

/** How often a connection has to show that it is alive, in milliseconds. */
const keepAliveMs = 12_000;

/** How long gateways have to say goodbye, in milliseconds. */
const goodbyeMs = 500;

/** What the headers of a request are to a query, `extensions.headers` of its message is to a subscription. */
interface SubscriptionExtensions {
  readonly headers?: IncomingHttpHeaders;
}

/**
 * Serves a subgraph's subscriptions to its gateway: graphql-transport-ws on the path and port of its graph. All
 * subscriptions of a gateway share its connections, so each tells in `extensions.headers` whose it is.
 */
export function serveSubscriptions<Context>(
  server: Server,
  options: {
    schema: GraphQLSchema;
    /** Made anew for each payload: whoever subscribed may have another role by then, and what was read is old. */
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
      // One that has gone without a word never says goodbye.
      await Promise.race([graph.dispose(), sleep(goodbyeMs, undefined, { ref: false })]);
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

/** As `subscribe` of graphql-js, but for a context of its own per payload; ends with the first that is refused. */
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
      // The root field is never null by itself.
      refused = !value.data;
      return { value, done: false };
    },
    return: end,
  };
  return results;
}

/** What is thrown would end the whole connection, which others share: it becomes this one's answer. */
async function withErrors<Result>(run: () => Promise<Result>): Promise<Result | ExecutionResult> {
  try {
    return await run();
  } catch (error) {
    const originalError = error instanceof Error ? error : new Error(String(error));
    return { errors: [new GraphQLError(originalError.message, { originalError })] };
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApolloServer, HeaderMap } from '@apollo/server';
import { answerProblem } from '@ates/kit/graph/graphqlHttp';
import Negotiator from 'negotiator';
import { eventStream, multipart, type StreamFormat, type Streams } from '../live/streams.ts';
import type { CallerContext } from '../request/caller.ts';
import { sendCompressed } from '../request/compression.ts';
import { readHttpOperation } from '../request/http.ts';
import type { OperationReader, OperationRequest } from '../request/operation.ts';
import { RefusedRequest } from '../request/transport.ts';
import type { Turns } from '../request/turns.ts';

/** Answers operations over HTTP. */
export interface GraphqlEndpoint {
  /** Answers as the client asks for it: with one answer, or with a stream of payloads. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Answers with a stream of events, whatever the client asks for. */
  stream(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export function serveGraphql(options: {
  apollo: ApolloServer<CallerContext>;
  reader: OperationReader;
  turns: Turns;
  streams: Streams;
  /** True for the document of a subscription; false also where it cannot be parsed. */
  isSubscription: (operation: OperationRequest) => boolean;
  contextOf: (request: IncomingMessage, response: ServerResponse) => Promise<CallerContext>;
}): GraphqlEndpoint {
  const { apollo, reader, turns, streams, isSubscription, contextOf } = options;

  /** Reads an operation and answers it; a request that has none gets a refusal. */
  const withOperation = async (
    request: IncomingMessage,
    response: ServerResponse,
    answer: (operation: OperationRequest) => Promise<void>,
  ): Promise<void> => {
    let operation: OperationRequest;
    try {
      operation = await readHttpOperation(request, reader);
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      return answerRefusal(response, error);
    }
    await turns.take(operation.query);
    await answer(operation);
  };

  /** Hands a request to Apollo Server, and sends what it answers. */
  const answerOnce = async (
    request: IncomingMessage,
    response: ServerResponse,
    { search, body }: { search: string; body: unknown },
  ): Promise<void> => {
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
    }
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: request.method ?? 'GET', headers, search, body },
      context: () => contextOf(request, response),
    });
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    response.statusCode = answer.status ?? 200;
    if (answer.body.kind !== 'complete') throw new Error('an answer came in parts, which is not supported');
    await sendCompressed(request, response, answer.body.string);
  };

  return {
    async answer(request, response) {
      if (isForPage(request)) {
        request.resume();
        return answerOnce(request, response, { search: searchOf(request), body: undefined });
      }
      await withOperation(request, response, async (operation) => {
        const format = streamFormat(request, () => isSubscription(operation));
        if (format) return streams.answer(request, response, format, operation);
        const { query, operationName, variables } = operation;
        const named = { query, ...(operationName === undefined ? {} : { operationName }) };
        if (request.method === 'POST')
          return answerOnce(request, response, { search: '', body: { ...named, variables } });
        if (!operation.isPersisted) return answerRefusal(response, plainGet());
        const search = new URLSearchParams({ ...named, variables: JSON.stringify(variables) });
        return answerOnce(request, response, { search: `?${search}`, body: undefined });
      });
    },
    stream: (request, response) =>
      withOperation(request, response, (operation) =>
        streams.answer(request, response, eventStream, operation),
      ),
  };
}

const plainGet = () =>
  new RefusedRequest(
    'BAD_REQUEST',
    'GET is for persisted queries (extensions.persistedQuery). Send this operation by POST.',
    405,
    [['allow', 'POST']],
  );

const searchOf = ({ url = '/' }: IncomingMessage): string => {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at);
};

/** True where a browser opens the address itself: it gets Apollo Server's page. */
const isForPage = (request: IncomingMessage): boolean =>
  request.method === 'GET' &&
  new Negotiator(request).mediaType([
    'application/json',
    'application/graphql-response+json',
    'text/html',
  ]) === 'text/html';

/**
 * Returns how the client wants payloads to be streamed; undefined where it wants one answer. Clients that accept both
 * get a stream for subscriptions only.
 */
function streamFormat(
  { headers: { accept = '' } }: IncomingMessage,
  isSubscription: () => boolean,
): StreamFormat | undefined {
  if (accept.includes('subscriptionSpec')) return multipart;
  if (!accept.includes('text/event-stream')) return undefined;
  return !/application\/(graphql-response\+)?json|\*\/\*/.test(accept) || isSubscription()
    ? eventStream
    : undefined;
}

function answerRefusal(response: ServerResponse, refusal: RefusedRequest): void {
  for (const [name, value] of refusal.headers) response.setHeader(name, value);
  answerProblem(response, refusal.status, refusal.message, { code: String(refusal.extensions.code) });
}

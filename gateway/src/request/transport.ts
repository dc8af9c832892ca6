import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { CallerContext } from './caller.ts';

/**
 * Returns the extension that gives an answer with this error its HTTP status and headers. The return type is this
 * wide because a dependency (graphql-yoga, through GraphiQL) declares `http` for all errors in its own form.
 */
export const httpStatus = (status: number, headers: [string, string][] = []): Record<string, unknown> => ({
  http: { status, headers: new HeaderMap(headers) },
});

/** A request that is refused before it runs, with the status and headers that an HTTP answer has for it. */
export class RefusedRequest extends GraphQLError {
  readonly status: number;
  readonly headers: readonly [string, string][];

  constructor(code: string, message: string, status = 400, headers: [string, string][] = []) {
    super(message, { extensions: { code, ...httpStatus(status, headers) } });
    this.status = status;
    this.headers = headers;
  }
}

/** Refuses operations that a plain HTTP request cannot carry, and operations that are not in the document. */
export const refuseUnservable: ApolloServerPlugin<CallerContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation, request }) {
        if (!operation) {
          throw new RefusedRequest(
            'OPERATION_RESOLUTION_FAILURE',
            request.operationName
              ? `There is no operation named "${request.operationName}" in the document.`
              : 'The document has several operations. Say which one to run with operationName.',
          );
        }
        if (operation.operation === 'subscription') {
          throw new RefusedRequest(
            'BAD_REQUEST',
            'A subscription needs a transport that streams, and a plain POST does not. Send it by WebSocket to /graphql, or by POST to /graphql/stream (server-sent events).',
          );
        }
      },
    };
  },
};

const requestErrors = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_USER_INPUT',
]);

/**
 * Sets the status as GraphQL over HTTP asks. A client that asks for `application/json` gets 200 for a well-formed
 * request whose operation is refused. A client that asks for `application/graphql-response+json` gets the status of
 * the refusal; any other gets 200 for an early UNAUTHENTICATED, as it would from a subgraph.
 */
export const legacyStatus: ApolloServerPlugin<CallerContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response }) {
        if (response.body.kind !== 'single') return;
        const accept = request.http?.headers.get('accept') ?? '';
        const code = response.body.singleResult.errors?.[0]?.extensions?.code;
        if (accept.includes('application/graphql-response+json') || typeof code !== 'string') return;
        const asksForJson = accept.includes('application/json') && requestErrors.has(code);
        if (asksForJson || code === 'UNAUTHENTICATED') response.http.status = 200;
      },
    };
  },
};

import { randomUUID } from 'node:crypto';
import type { ApolloServerPlugin } from '@apollo/server';
import type { Log } from '@ates/kit/process/log';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { CallerContext } from '../request/caller.ts';
import { SubgraphUnavailable } from './dataSource.ts';

/** The codes, common to GraphQL servers, of requests that cannot be served as they are. */
const requestCodes = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'TOO_MANY_REQUESTS',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
]);

/**
 * Codes that are not the client's fault when a subgraph sends them. With the first three, something broke. With the
 * others, the subgraph does not understand the gateway, for example after a deployment with different schemas.
 */
const unexpectedFromSubgraph = new Set([
  'INTERNAL',
  'INTERNAL_SERVER_ERROR',
  'DOWNSTREAM_SERVICE_ERROR',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_REQUEST',
]);

/** The extensions that are hidden from clients, because they show how the system works inside. */
const insideExtensions = ['stacktrace', 'exception', 'serviceName', 'query', 'variables', 'http', 'response'];

export interface ErrorMasking {
  /** Notes which request an error belongs to, because `formatError` does not get it. */
  readonly plugin: ApolloServerPlugin<CallerContext>;
  readonly formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  /** Returns the errors of an answer that Apollo Server did not make, as clients may see them. */
  readonly formatAll: (errors: readonly unknown[]) => GraphQLFormattedError[];
  /** True for an error that was not expected; it may be gone at the next try. */
  readonly isSurprise: (error: unknown) => boolean;
  /** Logs a surprise and returns the sentence for the client. */
  readonly mask: (error: unknown, id?: string) => { message: string; id: string };
}

/**
 * Decides what clients see of an error. An expected error is shown as it is. Any other is logged once, in full, and
 * shown as INTERNAL with the id of its log line, which is the id of the request (`x-request-id`).
 */
export function maskErrors(log: Log): ErrorMasking {
  const requestIds = new WeakMap<object, string>();
  const mask = (error: unknown, id: string = randomUUID()) => {
    const unavailable = error instanceof SubgraphUnavailable ? error : undefined;
    log.error({ err: error, id }, `error ${id}: ${error instanceof Error ? error.message : String(error)}`);
    const what = unavailable
      ? `The part "${unavailable.subgraph}" cannot be asked at the moment`
      : 'Something went wrong on our side';
    return { id, message: `${what} (id ${id}). Try again; if it persists, give this id to an operator.` };
  };
  const plain = (error: unknown) => (error instanceof GraphQLError ? error.toJSON() : (error as Error));
  const formatError: ErrorMasking['formatError'] = (formatted, error) => {
    const shown = asExpected(formatted, error);
    if (shown) return shown;
    const cause = (error instanceof GraphQLError ? error.originalError : undefined) ?? error;
    // A subgraph's error is a plain object; the GraphQLError around it has the message and the path.
    const logged = cause instanceof Error ? cause : error;
    const { message, id } = mask(logged, requestIds.get(error as object));
    return { message, ...place(formatted), extensions: { code: 'INTERNAL', id } };
  };
  return {
    mask,
    formatError,
    isSurprise: (error) => asExpected(plain(error), error) === undefined,
    formatAll: (errors) => errors.map((error) => formatError(plain(error), error)),
    plugin: {
      async requestDidStart() {
        return {
          async didEncounterErrors({ errors, contextValue }) {
            for (const error of errors) requestIds.set(error, contextValue.requestId);
          },
        };
      },
    },
  };
}

/** Returns what clients see of an expected error; undefined for a surprise. */
function asExpected(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError | undefined {
  const { message } = formatted;
  const given = formatted.extensions ?? {};
  const code = typeof given.code === 'string' ? given.code : 'INTERNAL';
  const extensions = Object.fromEntries(
    Object.entries(given).filter(([name]) => !insideExtensions.includes(name)),
  );
  if ('serviceName' in given) {
    // A subgraph that masked its error by our convention has logged it under this id.
    const isMasked = code === 'INTERNAL' && typeof given.id === 'string';
    if (unexpectedFromSubgraph.has(code) && !isMasked) return undefined;
    return { message, ...place(formatted), extensions };
  }
  if (requestCodes.has(code)) return { message, ...place(formatted), extensions };
  const original = error instanceof GraphQLError ? error : undefined;
  const status = (original?.extensions.http as { status?: unknown } | undefined)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return { message, ...place(formatted), extensions: { code: 'BAD_REQUEST' } };
  }
  if (/^(Number of non-local selections exceeds limit|Exceeded maximum recursive selections)/.test(message)) {
    // This is the query planner's own limit; its error has no code.
    return {
      message:
        'This operation is too complex to plan: it selects too much across too many types. Ask in parts.',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    };
  }
  return undefined;
}

const place = ({ path, locations }: GraphQLFormattedError) => ({
  ...(locations ? { locations } : {}),
  ...(path ? { path } : {}),
});

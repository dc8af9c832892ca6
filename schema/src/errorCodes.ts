// Every code that clients find in `extensions.code` of an error, with its meaning; docs/graph.md shows them.

/** A rule refuses what was asked. Use cases, resolvers and guards give these codes. */
export const refusalCodes = {
  UNAUTHENTICATED: 'There is no valid token, or its session has ended. Renew the token, or sign in again.',
  FORBIDDEN: 'The caller may not do or read this.',
  BAD_USER_INPUT:
    'An argument is wrong, such as a malformed id, `first` outside of 1 to 200, or a range of over 366 days; or the answer would be too large. The message says what to change.',
  NOT_FOUND: 'There is nothing with this id. Only mutations and subscriptions say so; a query answers null.',
  CONFLICT:
    'What was asked does not fit the state of things, which may have changed meanwhile. Read it again, then decide.',
  NO_ELIGIBLE_ASSIGNEE: 'Nobody can be given a task: every active user is a manager or an admin.',
  TOO_MANY_REQUESTS:
    'Too many failed log-ins, large operations under way, or open connections. Where `retryAfterMs` is there, wait so many milliseconds.',
} as const;

/** An operation cannot be carried out as it was sent. The gateway gives these codes before it asks any service. */
export const requestCodes = {
  BAD_REQUEST: 'The HTTP request does not carry an operation as it should. The message says how to send it.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED:
    'The document does not fit the graph, such as a field that does not exist, or exceeds a limit of the gateway.',
  OPERATION_RESOLUTION_FAILURE: 'The document does not have the operation that `operationName` names.',
  PERSISTED_QUERY_NOT_FOUND:
    'The gateway does not know a query with this hash. Send the query with the hash.',
} as const;

/** Something does not work on the server's side. The same operation may work later. */
export const failureCodes = {
  SERVICE_UNAVAILABLE:
    "Nothing can be changed at the moment, because a machine's clock is wrong. Try again after `retryAfterMs` milliseconds.",
  INTERNAL:
    'Something broke, or a service cannot be reached. Try again; if it persists, give the id in the message to an operator, who finds it in the log.',
} as const;

/** The code of a refusal. */
export type RefusalCode = keyof typeof refusalCodes;

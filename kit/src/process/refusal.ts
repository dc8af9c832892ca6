/** The stable codes of an expected failure, as clients see them in `extensions.code`. */
export type RefusalCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'NO_ELIGIBLE_ASSIGNEE'
  | 'TOO_MANY_REQUESTS';

/**
 * An expected failure: a rule said no. Thrown, so that it rolls the transaction back and changes nothing;
 * shown to the caller as it is. Its message is a sentence that a person can act on.
 */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Something that cannot be done now and may be done later. Shown to a caller as SERVICE_UNAVAILABLE with
 * `retryAfterMs`; in a worker it is tried again, since it says nothing about what was to be done.
 */
export class Unavailable extends Error {
  override name = 'Unavailable';
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

import type { RefusalCode } from '@ates/schema/errorCodes';

/**
 * An expected failure: a rule refuses the request. Throwing it rolls the transaction back. The caller sees its message,
 * which is a sentence that a person can act on.
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
 * The request cannot be done now, but later. The caller sees SERVICE_UNAVAILABLE with `retryAfterMs`; a worker tries again,
 * since the cause is not in the event.
 */
export class Unavailable extends Error {
  override name = 'Unavailable';
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

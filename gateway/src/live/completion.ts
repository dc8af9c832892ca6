import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Source } from './hub.ts';

/** The first and the longest pause before an incomplete payload is completed again, in milliseconds. */
const againAfterMs = 1_000;
const maxAgainAfterMs = 60_000;

/**
 * Completes events one after the other, in order. Where that fails, the payload has the error. A payload without the
 * part of a subgraph that is down is sent again once the subgraph is back, because payloads are states.
 * @param options.complete fetches the parts of the other subgraphs
 * @param options.isSurprise true where an error may be gone at the next try
 * @param options.write returns a payload as JSON, as clients may see it; logs what they may not see
 */
export function completeEvents(
  events: AsyncIterableIterator<ExecutionResult>,
  options: {
    complete: (event: ExecutionResult) => Promise<ExecutionResult>;
    isSurprise: (error: unknown) => boolean;
    write: (result: ExecutionResult) => string;
  },
): Source {
  let coming: Promise<IteratorResult<ExecutionResult>> | undefined;
  /** The newest event, while its payload lacks a part. */
  let incomplete: ExecutionResult | undefined;
  let pauseMs = againAfterMs;
  const complete = (event: ExecutionResult) =>
    options.complete(event).catch((error: Error) => ({
      errors: [new GraphQLError(error.message, { originalError: error })],
    }));
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      for (;;) {
        coming ??= events.next();
        const next: IteratorResult<ExecutionResult> | undefined = incomplete
          ? await within(pauseMs, coming)
          : await coming;
        if (next?.done) return next;
        if (next) {
          coming = undefined;
          pauseMs = againAfterMs;
        } else pauseMs = Math.min(2 * pauseMs, maxAgainAfterMs);
        const event: ExecutionResult = next?.value ?? (incomplete as ExecutionResult);
        const result = await complete(event);
        // The part that the event's own subgraph lacks cannot be fetched from the others.
        const lacks = !event.errors && result.errors?.some(options.isSurprise);
        incomplete = lacks ? event : undefined;
        if (next || !lacks) return { value: options.write(result), done: false };
      }
    },
    async return() {
      incomplete = undefined;
      await events.return?.();
      return { value: undefined, done: true };
    },
  };
}

/** Returns the value of the promise, or undefined once so many milliseconds have passed. */
async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms).unref();
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}

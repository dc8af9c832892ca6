import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Source } from './hub.ts';

/** When an event that could not be completed is completed again, and how long that may be put off, in milliseconds. */
const againAfterMs = 1_000;
const maxAgainAfterMs = 60_000;

/**
 * Completes events one after the other, in their order; where that fails, the payload says so. What a subgraph that is
 * away leaves out of a payload is told once it is back, even if nothing else happens: payloads are states.
 * @param options.complete fetches what the other subgraphs have to add
 * @param options.isSurprise whether an error may be gone when asked again
 * @param options.shown a payload as clients may see it; logs what is not for them
 */
export function completeEvents(
  events: AsyncIterableIterator<ExecutionResult>,
  options: {
    complete: (event: ExecutionResult) => Promise<ExecutionResult>;
    isSurprise: (error: unknown) => boolean;
    shown: (result: ExecutionResult) => ExecutionResult;
  },
): Source {
  let coming: Promise<IteratorResult<ExecutionResult>> | undefined;
  /** The newest event, as long as its payload lacks something. */
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
        // What the owner of the event could not tell does not come by asking the others.
        const lacks = !event.errors && result.errors?.some(options.isSurprise);
        incomplete = lacks ? event : undefined;
        if (next || !lacks) return { value: options.shown(result), done: false };
      }
    },
    async return() {
      incomplete = undefined;
      await events.return?.();
      return { value: undefined, done: true };
    },
  };
}

/** What comes first of a promise and the end of so many milliseconds, which is undefined. */
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

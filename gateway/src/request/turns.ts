import { LRUCache } from 'lru-cache';

/** How many documents count as seen, and how long one may be to be kept, in characters. */
const maxSeen = 5_000;
const maxKeptLength = 10_000;

/**
 * Lets operations whose documents are new take turns. Parsing and checking a document takes a millisecond or more,
 * which everybody else waits for; so there is one in each round of the event loop, and what others sent comes between.
 * Where a document has been seen, its result is kept elsewhere, and there is nothing to wait for.
 */
export class Turns {
  readonly #seen = new LRUCache<string, true>({ max: maxSeen });
  readonly #waiting: (() => void)[] = [];

  /** Resolves when an operation with this document may go on; undefined where it may at once. */
  take(query: string): Promise<void> | undefined {
    if (this.#seen.has(query)) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        if (query.length <= maxKeptLength) this.#seen.set(query, true);
        resolve();
      });
      if (this.#waiting.length === 1) setImmediate(this.#next);
    });
  }

  readonly #next = (): void => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(this.#next);
  };
}

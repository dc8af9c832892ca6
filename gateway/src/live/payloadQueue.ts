/**
 * Payloads on their way to one reader. They are states of the moment, so where too many wait, all are dropped. The
 * reader then leaves its source, and joins it again once it reads on. Written by hand, because an `async function*`
 * that waits cannot be ended from outside.
 */
export class PayloadQueue<Payload> implements AsyncIterableIterator<Payload> {
  readonly #max: number;
  readonly #on: { overflow(): void; readAgain(): void; end(): void };
  readonly #waiting: Payload[] = [];
  #isBehind = false;
  #ended = false;
  #wake: (() => void) | undefined;

  /**
   * @param max how many payloads may wait
   * @param on.overflow called where more would have waited: the source must stop
   * @param on.readAgain called when the reader is back after that: the source must begin with the state of the moment
   * @param on.end called when the reader has gone
   */
  constructor(max: number, on: { overflow(): void; readAgain(): void; end(): void }) {
    this.#max = max;
    this.#on = on;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(payload: Payload): void {
    if (this.#ended || this.#isBehind) return;
    if (this.#waiting.length < this.#max) {
      this.#waiting.push(payload);
      this.#wake?.();
      return;
    }
    this.#waiting.length = 0;
    this.#isBehind = true;
    this.#on.overflow();
  }

  /** Ends the queue. Payloads that wait are still read. */
  complete(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Payload>> {
    for (;;) {
      const payload = this.#waiting.shift();
      if (payload !== undefined) return { value: payload, done: false };
      if (this.#ended) return { value: undefined, done: true };
      if (this.#isBehind) {
        this.#isBehind = false;
        this.#on.readAgain();
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Payload>> {
    this.#waiting.length = 0;
    this.complete();
    this.#on.end();
    return { value: undefined, done: true };
  }
}

import type { ExecutionResult } from 'graphql';

/** A subscription's payloads, completed: the state of the moment first. */
export type Source = AsyncIterableIterator<ExecutionResult>;

/** How many payloads may wait for a reader before they are given up for the state of the moment. */
const maxWaiting = 16;

/**
 * Equal subscriptions of the same caller: one upstream and one execution per event for all of them. Whoever joins
 * later is to get the state of the moment first, and only the subgraph knows that; so a new upstream is opened, and
 * once its first payload is there it takes the place of the one before, for everybody. Nothing falls between the two.
 * A reader that is too slow for its payloads joins anew.
 */
export class Hub {
  readonly #open: () => Source;
  readonly #onEmpty: () => void;
  readonly #onOverdue: () => ExecutionResult;
  readonly #patienceMs: number;
  readonly #members = new Set<Member>();
  #joining = new Set<Member>();
  #current: Source | undefined;
  #opening: Source | undefined;
  #last: ExecutionResult | undefined;

  /**
   * @param options.open opens an upstream
   * @param options.onOverdue what to say where no first payload came within `patienceMs`
   * @param options.onEmpty called once nobody is left
   */
  constructor(options: {
    open: () => Source;
    onOverdue: () => ExecutionResult;
    patienceMs: number;
    onEmpty: () => void;
  }) {
    this.#open = options.open;
    this.#onOverdue = options.onOverdue;
    this.#patienceMs = options.patienceMs;
    this.#onEmpty = options.onEmpty;
  }

  join(): Source {
    const member = new Member({
      onEnd: () => this.#leave(member),
      onOverflow: () => this.#rejoin(member),
    });
    this.#rejoin(member);
    return member;
  }

  /** Completes all subscriptions. */
  end(): void {
    for (const member of [...this.#members, ...this.#joining]) member.complete();
    this.#members.clear();
    this.#joining.clear();
    this.#close();
  }

  #rejoin(member: Member): void {
    this.#members.delete(member);
    this.#joining.add(member);
    if (this.#opening) return;
    this.#opening = this.#open();
    void this.#pump(this.#opening);
    this.#waitFor(this.#opening);
  }

  #leave(member: Member): void {
    this.#members.delete(member);
    this.#joining.delete(member);
    if (this.#members.size + this.#joining.size === 0) this.#close();
  }

  #close(): void {
    void this.#current?.return?.();
    void this.#opening?.return?.();
    this.#current = undefined;
    this.#opening = undefined;
    this.#onEmpty();
  }

  #waitFor(source: Source): void {
    setTimeout(() => {
      if (this.#opening !== source) return;
      this.#opening = undefined;
      void source.return?.();
      const joining = [...this.#joining];
      for (const member of joining) {
        member.push(this.#onOverdue());
        member.complete();
        this.#leave(member);
      }
    }, this.#patienceMs).unref();
  }

  async #pump(source: Source): Promise<void> {
    for await (const payload of source) {
      if (source === this.#opening) this.#takeOver(source, payload);
      else if (source === this.#current) for (const member of this.#members) member.push(payload);
      else return;
      this.#last = payload;
    }
    if (source === this.#current || source === this.#opening) this.end();
  }

  #takeOver(source: Source, payload: ExecutionResult): void {
    void this.#current?.return?.();
    this.#current = source;
    this.#opening = undefined;
    const isNews = this.#members.size > 0 && JSON.stringify(payload) !== JSON.stringify(this.#last);
    if (isNews) for (const member of this.#members) member.push(payload);
    const joining = this.#joining;
    this.#joining = new Set();
    for (const member of joining) {
      this.#members.add(member);
      member.push(payload);
    }
  }
}

/** One reader of a hub. Written out: an `async function*` that waits can't be ended from outside. */
class Member implements AsyncIterableIterator<ExecutionResult> {
  readonly #onEnd: () => void;
  readonly #onOverflow: () => void;
  #waiting: ExecutionResult[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(options: { onEnd: () => void; onOverflow: () => void }) {
    this.#onEnd = options.onEnd;
    this.#onOverflow = options.onOverflow;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(payload: ExecutionResult): void {
    if (this.#ended) return;
    if (this.#waiting.length >= maxWaiting) {
      this.#waiting = [];
      this.#onOverflow();
      return;
    }
    this.#waiting.push(payload);
    this.#wake?.();
  }

  /** No more payloads; those that wait are still read. */
  complete(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<ExecutionResult>> {
    for (;;) {
      const payload = this.#waiting.shift();
      if (payload) return { value: payload, done: false };
      if (this.#ended) return { value: undefined, done: true };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult>> {
    this.#waiting = [];
    this.complete();
    this.#onEnd();
    return { value: undefined, done: true };
  }
}

import type { ExecutionResult } from 'graphql';
import { PayloadQueue } from './payloadQueue.ts';

/** A subscription's payloads, completed: the state of the moment first. */
export type Source = AsyncIterableIterator<ExecutionResult>;

/** How many payloads may wait for a reader before they are given up for the state of the moment. */
const maxWaiting = 16;

/**
 * Equal subscriptions of the same caller: one upstream and one execution per event for all of them. Whoever joins
 * later is to get the state of the moment first, and only the subgraph knows that; so a new upstream is opened, and
 * once its first payload is there it takes the place of the one before, for everybody. Nothing falls between the two.
 * A reader that is too slow for its payloads gets none until it has read what it has, and then joins anew.
 */
export class Hub {
  readonly #open: () => Source;
  readonly #onEmpty: () => void;
  readonly #onOverdue: () => ExecutionResult;
  readonly #patienceMs: number;
  /** Everybody; those of them that get each payload; and those that wait for the first of a new upstream. */
  readonly #readers = new Set<PayloadQueue>();
  readonly #members = new Set<PayloadQueue>();
  #joining = new Set<PayloadQueue>();
  #current: Source | undefined;
  #opening: Source | undefined;
  #last: ExecutionResult | undefined;
  #overdue: NodeJS.Timeout | undefined;

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
    const member = new PayloadQueue(maxWaiting, {
      overflow: () => this.#members.delete(member),
      readAgain: () => this.#join(member),
      end: () => this.#leave(member),
    });
    this.#join(member);
    return member;
  }

  /** Completes all subscriptions. */
  end(): void {
    for (const member of this.#readers) member.complete();
    this.#readers.clear();
    this.#members.clear();
    this.#joining.clear();
    this.#close();
  }

  #join(member: PayloadQueue): void {
    this.#readers.add(member);
    this.#joining.add(member);
    if (this.#opening) return;
    this.#opening = this.#open();
    void this.#pump(this.#opening);
    this.#overdue = setTimeout(() => this.#giveUp(), this.#patienceMs).unref();
  }

  #leave(member: PayloadQueue): void {
    this.#readers.delete(member);
    this.#members.delete(member);
    this.#joining.delete(member);
    if (this.#readers.size === 0) this.#close();
  }

  #close(): void {
    clearTimeout(this.#overdue);
    void this.#current?.return?.();
    void this.#opening?.return?.();
    this.#current = undefined;
    this.#opening = undefined;
    this.#onEmpty();
  }

  #giveUp(): void {
    void this.#opening?.return?.();
    this.#opening = undefined;
    for (const member of [...this.#joining]) {
      member.push(this.#onOverdue());
      member.complete();
      this.#leave(member);
    }
  }

  async #pump(source: Source): Promise<void> {
    for await (const payload of source) {
      if (source === this.#opening) this.#takeOver(source, payload);
      else if (source === this.#current) for (const member of this.#members) member.push(payload);
      else return;
      this.#last = payload;
    }
    if (source === this.#current) this.#current = undefined;
    else if (source === this.#opening) this.#opening = undefined;
    else return;
    // Unless one that has just been opened goes on.
    if (!this.#opening) this.end();
  }

  #takeOver(source: Source, payload: ExecutionResult): void {
    clearTimeout(this.#overdue);
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

import { PayloadQueue } from './payloadQueue.ts';

/** A subscription's completed payloads, as JSON. The first is the state of the moment. */
export type Source = AsyncIterableIterator<string>;

/** How many payloads may wait for a reader. If there are more, all are dropped for the state of the moment. */
const maxWaiting = 16;

/**
 * Equal subscriptions of one caller share one upstream and one execution per event. A reader that joins later must
 * get the state of the moment first, and only the subgraph knows it. So the hub opens a new upstream. When the first
 * payload of the new upstream arrives, it replaces the old one for all readers, and no payload is lost. A reader that
 * is too slow loses its waiting payloads, and gets no more until it reads on; then it joins anew.
 */
export class Hub {
  readonly #open: () => Source;
  readonly #onEmpty: () => void;
  readonly #onOverdue: () => string;
  readonly #patienceMs: number;
  /** All readers; the members, who get each payload; and those that wait for the first one of a new upstream. */
  readonly #readers = new Set<PayloadQueue<string>>();
  readonly #members = new Set<PayloadQueue<string>>();
  #joining = new Set<PayloadQueue<string>>();
  #current: Source | undefined;
  #opening: Source | undefined;
  #last: string | undefined;
  #overdue: NodeJS.Timeout | undefined;

  /**
   * @param options.open opens an upstream
   * @param options.onOverdue returns the payload to send where no first payload came within `patienceMs`
   * @param options.onEmpty called once the last reader has left
   */
  constructor(options: {
    open: () => Source;
    onOverdue: () => string;
    patienceMs: number;
    onEmpty: () => void;
  }) {
    this.#open = options.open;
    this.#onOverdue = options.onOverdue;
    this.#patienceMs = options.patienceMs;
    this.#onEmpty = options.onEmpty;
  }

  join(): Source {
    const member = new PayloadQueue<string>(maxWaiting, {
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

  #join(member: PayloadQueue<string>): void {
    this.#readers.add(member);
    this.#joining.add(member);
    if (this.#opening) return;
    this.#opening = this.#open();
    void this.#pump(this.#opening);
    this.#overdue = setTimeout(() => this.#giveUp(), this.#patienceMs).unref();
  }

  #leave(member: PayloadQueue<string>): void {
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
    // Without a new upstream that is being opened, the subscriptions end.
    if (!this.#opening) this.end();
  }

  #takeOver(source: Source, payload: string): void {
    clearTimeout(this.#overdue);
    void this.#current?.return?.();
    this.#current = source;
    this.#opening = undefined;
    const isNews = this.#members.size > 0 && payload !== this.#last;
    if (isNews) for (const member of this.#members) member.push(payload);
    const joining = this.#joining;
    this.#joining = new Set();
    for (const member of joining) {
      this.#members.add(member);
      member.push(payload);
    }
  }
}

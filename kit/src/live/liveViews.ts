import type { Hint } from '../database/unitOfWork.ts';
import { type Log, seldom } from '../process/log.ts';
import type { HintListener } from './hints.ts';

/** How live payloads are made: the state is read from the service's database, and read again when a hint comes. */
export interface ViewDefinition<State, Payload> {
  /** The hints' topic. */
  readonly topic: string;
  /** Reads the states of many keys, in as few statements as for one; leaves out keys without a state. */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, State>>;
  /** Returns the payloads for a subscriber who knows the state `told`, or none yet; empty where nothing has changed. */
  tell(told: State | undefined, state: State): readonly Payload[];
  /** True where the state will not change any more: the subscription then ends. */
  isOver?(state: State): boolean;
  /** The shortest time between two payloads of a subscription, in milliseconds. */
  readonly intervalMs: number;
}

/** A live view; any number of subscriptions share it. */
export interface View<Payload> {
  /** Yields the current state of a key first, then its changes. */
  subscribe(key: string): AsyncIterableIterator<Payload>;
}

/** How often every live key is read again, in milliseconds, since hints may be lost. */
const rereadMs = 10_000;
/** How long a hint of a bulk change waits for further hints, in milliseconds. */
const bulkDelayMs = 1_000;
/** The shortest pause between two reads, in milliseconds. */
const minPauseMs = 10;
/** A pause is at least this many times as long as the read before it: reading takes at most a fifth of the time. */
const pausePerRead = 4;

/** The live views of one process; they listen to its hints. */
export class LiveViews implements HintListener {
  readonly #log: Log;
  readonly #views: LiveView<unknown, unknown>[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(log: Log) {
    this.#log = log;
    this.#timer = setInterval(this.onListening, rereadMs).unref();
  }

  add<State, Payload>(definition: ViewDefinition<State, Payload>): View<Payload> {
    const view = new LiveView(definition, this.#log);
    this.#views.push(view as unknown as LiveView<unknown, unknown>);
    return view;
  }

  readonly onHint = (hint: Hint): void => {
    for (const view of this.#views) if (view.definition.topic === hint.topic) view.hint(hint.keys, hint.lane);
  };

  readonly onListening = (): void => {
    for (const view of this.#views) view.hint(null, 'interactive');
  };

  /** The number of subscriptions. */
  get size(): number {
    return this.#views.reduce((sum, view) => sum + view.size, 0);
  }

  /** Ends all subscriptions. */
  close(): void {
    clearInterval(this.#timer);
    for (const view of this.#views) view.close();
  }
}

/** A key with subscriptions. */
interface LiveKey<State, Payload> {
  state: State | undefined;
  readonly subscriptions: Set<Subscription<State, Payload>>;
}

class LiveView<State, Payload> implements View<Payload> {
  readonly definition: ViewDefinition<State, Payload>;
  readonly #live = new Map<string, LiveKey<State, Payload>>();
  readonly #stale = new Set<string>();
  readonly #warn: (error: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #reading = false;
  #beganAt = Number.NEGATIVE_INFINITY;
  #pauseUntil = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(definition: ViewDefinition<State, Payload>, log: Log) {
    this.definition = definition;
    this.#warn = seldom((error) =>
      log.warn({ err: error }, `live ${definition.topic} cannot be read (${error.message}); tried again`),
    );
  }

  get size(): number {
    let size = 0;
    for (const { subscriptions } of this.#live.values()) size += subscriptions.size;
    return size;
  }

  subscribe(key: string): AsyncIterableIterator<Payload> {
    const live = this.#live.get(key) ?? { state: undefined, subscriptions: new Set() };
    this.#live.set(key, live);
    const subscription = new Subscription<State, Payload>(this.definition, () => {
      live.subscriptions.delete(subscription);
      if (live.subscriptions.size === 0 && this.#live.get(key) === live) this.#live.delete(key);
    });
    live.subscriptions.add(subscription);
    this.#stale.add(key);
    // A user waits for it: no pause.
    this.#readAt(performance.now());
    return subscription;
  }

  hint(keys: readonly string[] | null, lane: Hint['lane']): void {
    for (const key of keys ?? this.#live.keys()) if (this.#live.has(key)) this.#stale.add(key);
    if (this.#stale.size === 0) return;
    const now = performance.now();
    this.#readAt(Math.max(now, this.#pauseUntil, lane === 'bulk' ? this.#beganAt + bulkDelayMs : now));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { subscriptions } of this.#live.values())
      for (const subscription of subscriptions) void subscription.return();
  }

  #readAt(dueAt: number): void {
    if (this.#closed || dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), dueAt - performance.now());
  }

  async #read(): Promise<void> {
    // A key that becomes stale during a read is read again: this read may have been too early.
    if (this.#reading) return;
    this.#reading = true;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#beganAt = performance.now();
    const keys = [...this.#stale].filter((key) => this.#live.has(key));
    this.#stale.clear();
    const newcomers = keys.flatMap((key) =>
      [...(this.#live.get(key)?.subscriptions ?? [])].filter(({ hasBegun }) => !hasBegun),
    );
    let failed = false;
    try {
      const states = keys.length > 0 ? await this.definition.read(keys) : new Map<string, State>();
      for (const key of keys) this.#update(key, states.get(key));
      for (const subscription of newcomers) subscription.begin();
    } catch (error) {
      failed = true;
      for (const key of keys) this.#stale.add(key);
      if (!this.#closed) this.#warn(error as Error);
    }
    const now = performance.now();
    this.#pauseUntil = now + Math.max(minPauseMs, pausePerRead * (now - this.#beganAt));
    this.#reading = false;
    if (this.#stale.size > 0) {
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.#readAt(failed ? now + 1_000 : this.#pauseUntil);
    }
  }

  #update(key: string, state: State | undefined): void {
    const live = this.#live.get(key);
    if (!live || state === undefined) return;
    // The same object as long as nothing has changed, so that subscriptions can compare by reference.
    if (live.state === undefined || this.definition.tell(live.state, state).length > 0) live.state = state;
    for (const subscription of live.subscriptions) subscription.update(live.state);
  }
}

/**
 * One subscription. It holds only the newest state and the last one that it yielded, so a slow reader costs no memory and
 * gets the newest state when it reads. It is no `async function*`, since one that waits cannot be ended from outside.
 */
class Subscription<State, Payload> implements AsyncIterableIterator<Payload> {
  readonly #definition: ViewDefinition<State, Payload>;
  readonly #onEnd: () => void;
  #state: State | undefined;
  #told: State | undefined;
  /** True after a read that began after the subscription. */
  #begun = false;
  #payloads: Payload[] = [];
  #nextAt = Number.NEGATIVE_INFINITY;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(definition: ViewDefinition<State, Payload>, onEnd: () => void) {
    this.#definition = definition;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get hasBegun(): boolean {
    return this.#begun;
  }

  update(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    if (this.#begun) this.#wake?.();
  }

  begin(): void {
    this.#begun = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Payload>> {
    for (;;) {
      if (this.#ended) return { value: undefined, done: true };
      const state = this.#state;
      const isNews =
        this.#begun && state !== undefined && (this.#payloads.length > 0 || state !== this.#told);
      if (isNews) {
        const waitMs = this.#nextAt - performance.now();
        if (waitMs > 0) {
          await this.#pause(waitMs);
          continue;
        }
        if (this.#payloads.length === 0) {
          this.#payloads.push(...this.#definition.tell(this.#told, state));
          this.#told = state;
        }
        const value = this.#payloads.shift();
        if (value === undefined) continue;
        this.#nextAt = performance.now() + this.#definition.intervalMs;
        return { value, done: false };
      }
      if (this.#told !== undefined && this.#definition.isOver?.(this.#told)) return this.return();
      await this.#pause();
    }
  }

  async return(): Promise<IteratorResult<Payload>> {
    this.#ended = true;
    this.#onEnd();
    this.#wake?.();
    return { value: undefined, done: true };
  }

  #pause(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { CallerContext } from '../request/caller.ts';
import { httpStatus } from '../request/transport.ts';

/** How many heavy operations may be under way. */
export interface HeavyLimits {
  /** Of all callers. */
  readonly MAX_HEAVY: number;
  /** Of one caller. */
  readonly MAX_HEAVY_PER_CALLER: number;
  /** An operation is heavy if its answer may have more bytes than this. */
  readonly HEAVY_BYTES: number;
}

/** How many operations of one caller may wait. */
const mostWaiting = 10;

/** The longest that an operation waits, in milliseconds. */
const maxWaitMs = 10_000;

/** How long an operation may hold its place, in milliseconds. Then its place is given to the next one. */
const maxHoldMs = 120_000;

/** Gives an operation's place to the next one. Further calls do nothing. */
type Release = () => void;

interface Waiting {
  begin(release: Release): void;
  refuse(): void;
}

/**
 * Limits how many heavy operations are under way, of one caller and of all. The others wait in one queue per caller,
 * and callers take turns: a caller that sends ten at once does not delay the others.
 */
export class HeavyOperations {
  readonly #limits: HeavyLimits;
  readonly #underWay = new Map<string, number>();
  /** One queue per caller, in the order of their turns. */
  readonly #queues = new Map<string, Waiting[]>();
  #total = 0;

  constructor(limits: HeavyLimits) {
    this.#limits = limits;
  }

  /** How many are under way. */
  get underWay(): number {
    return this.#total;
  }

  /**
   * Resolves once the operation may begin.
   * @throws GraphQLError TOO_MANY_REQUESTS where too many of this caller's wait already, or this one waited too long.
   */
  async begin(caller: string): Promise<Release> {
    if (this.#hasRoom(caller)) return this.#start(caller);
    const queue = this.#queues.get(caller) ?? [];
    if (queue.length >= mostWaiting) throw tooMany();
    this.#queues.set(caller, queue);
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        queue.splice(queue.indexOf(waiting), 1);
        if (queue.length === 0) this.#queues.delete(caller);
      };
      const waiting: Waiting = {
        begin(release) {
          leave();
          resolve(release);
        },
        refuse() {
          leave();
          reject(tooMany());
        },
      };
      const timer = setTimeout(() => waiting.refuse(), maxWaitMs);
      queue.push(waiting);
    });
  }

  #hasRoom(caller: string): boolean {
    const { MAX_HEAVY, MAX_HEAVY_PER_CALLER } = this.#limits;
    return this.#total < MAX_HEAVY && (this.#underWay.get(caller) ?? 0) < MAX_HEAVY_PER_CALLER;
  }

  #start(caller: string): Release {
    this.#total++;
    this.#underWay.set(caller, (this.#underWay.get(caller) ?? 0) + 1);
    let ended = false;
    const release = () => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      this.#total--;
      const left = (this.#underWay.get(caller) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(caller);
      else this.#underWay.set(caller, left);
      this.#next();
    };
    const timer = setTimeout(release, maxHoldMs).unref();
    return release;
  }

  /** Begins the first operation of the first caller that has room. That caller's next turn is after all others. */
  #next(): void {
    for (const [caller, queue] of this.#queues) {
      const [first] = queue;
      if (!first || !this.#hasRoom(caller)) continue;
      first.begin(this.#start(caller));
      if (this.#queues.delete(caller) && queue.length > 0) this.#queues.set(caller, queue);
      return;
    }
  }
}

const tooMany = () =>
  new GraphQLError(
    'Too many of your large operations are under way. Wait for their answers, or ask for less in one operation.',
    { extensions: { code: 'TOO_MANY_REQUESTS', retryAfterMs: maxWaitMs, ...httpStatus(429) } },
  );

/** Makes heavy operations wait for their turn. Comes after the plugin that computes how large an answer may be. */
export function queueHeavyOperations(
  heavy: HeavyOperations,
  heavyBytes: number,
): ApolloServerPlugin<CallerContext> {
  return {
    async requestDidStart() {
      let release: Release | undefined;
      let isOver = false;
      return {
        async didResolveOperation({ contextValue }) {
          const { size, userId, clientAddress } = contextValue;
          if (!size || size.bytes <= heavyBytes) return;
          const begun = await heavy.begin(userId ?? clientAddress);
          // Another plugin, which runs at the same time, may have refused the operation while it waited here.
          if (isOver) begun();
          else release = begun;
        },
        // Called for answers and refusals alike.
        async willSendResponse() {
          isOver = true;
          release?.();
        },
      };
    },
  };
}

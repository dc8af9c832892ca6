/** How long a request waits for an equal one to be answered before it is sent in any case, in milliseconds. */
const maxWaitMs = 10;

/** A request that is under way, and the equal one that waits for its end. */
interface UnderWay<Reply> {
  readonly reply: Promise<Reply>;
  next?: Promise<Reply>;
}

/**
 * Lets equal requests share a reply. A request never joins one that was sent before it arrived: what that one reads may
 * be older than a change that the client has already heard of, perhaps from another gateway. So the requests that arrive
 * while one is under way share the next one.
 */
export class SharedReplies<Reply> {
  readonly #underWay = new Map<string, UnderWay<Reply>>();

  /** @param key equal for requests that may share a reply: the same body for the same caller */
  fetch(key: string, send: () => Promise<Reply>): Promise<Reply> {
    const before = this.#underWay.get(key);
    if (!before) return this.#begin(key, send);
    before.next ??= endOf(before.reply).then(() => this.#begin(key, send));
    return before.next;
  }

  #begin(key: string, send: () => Promise<Reply>): Promise<Reply> {
    const underWay: UnderWay<Reply> = { reply: send() };
    this.#underWay.set(key, underWay);
    const forget = () => {
      if (this.#underWay.get(key) === underWay && !underWay.next) this.#underWay.delete(key);
    };
    underWay.reply.then(forget, forget);
    return underWay.reply;
  }
}

/** Resolves once a promise has settled, and after `maxWaitMs` at the latest. */
const endOf = (promise: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, maxWaitMs);
    const settle = () => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(settle, settle);
  });

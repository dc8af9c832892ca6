/** Counts open sockets and streams, so that neither one user nor all of them together can take too many. */
export class Connections {
  readonly #most: number;
  readonly #mostPerUser: number;
  readonly #ofUser = new Map<string, number>();
  #open = 0;

  constructor(options: { most: number; mostPerUser: number }) {
    this.#most = options.most;
    this.#mostPerUser = options.mostPerUser;
  }

  /** The sentence that refuses a connection; undefined where one more can be opened. */
  get refusal(): string | undefined {
    if (this.#open < this.#most) return undefined;
    return `This gateway has ${this.#open} connections open, the most it accepts (MAX_CONNECTIONS). Try again later.`;
  }

  /** Counts one more connection. Returns the function that takes it off the count. */
  open(): () => void {
    this.#open++;
    return () => this.#open--;
  }

  /** Counts one more connection of a user. Returns the function that takes it off, or the refusal as a sentence. */
  openFor(userId: string): (() => void) | string {
    const open = this.#ofUser.get(userId) ?? 0;
    if (open >= this.#mostPerUser)
      return `You have ${open} connections open, the most you may have (MAX_CONNECTIONS_PER_USER). Close one first.`;
    this.#ofUser.set(userId, open + 1);
    return () => {
      const left = (this.#ofUser.get(userId) ?? 1) - 1;
      if (left === 0) this.#ofUser.delete(userId);
      else this.#ofUser.set(userId, left);
    };
  }
}

/** Counts what stays open, sockets and streams alike, so that neither one user nor all of them take everything. */
export class Connections {
  readonly #most: number;
  readonly #mostPerUser: number;
  readonly #ofUser = new Map<string, number>();
  #open = 0;

  constructor(options: { most: number; mostPerUser: number }) {
    this.#most = options.most;
    this.#mostPerUser = options.mostPerUser;
  }

  /** A sentence where no more can be opened. */
  get refusal(): string | undefined {
    if (this.#open < this.#most) return undefined;
    return `This gateway has ${this.#open} connections open, which is all it takes (MAX_CONNECTIONS). Try again later.`;
  }

  /** Counts one more; hands back how to count it out again. */
  open(): () => void {
    this.#open++;
    return () => this.#open--;
  }

  /** Counts one more for a user, and hands back how to count it out again; a sentence where they have all they may. */
  openFor(userId: string): (() => void) | string {
    const open = this.#ofUser.get(userId) ?? 0;
    if (open >= this.#mostPerUser)
      return `You have ${open} connections open, which is all you may (MAX_CONNECTIONS_PER_USER).`;
    this.#ofUser.set(userId, open + 1);
    return () => {
      const left = (this.#ofUser.get(userId) ?? 1) - 1;
      if (left === 0) this.#ofUser.delete(userId);
      else this.#ofUser.set(userId, left);
    };
  }
}

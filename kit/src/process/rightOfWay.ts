/** Lets some work go first: other work waits a moment before it begins. */
export class RightOfWay {
  #underWay = 0;
  readonly #waiting = new Set<() => void>();

  /** Does work that goes first. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#underWay++;
    try {
      return await work();
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) for (const goOn of [...this.#waiting]) goOn();
    }
  }

  /** Resolves when no such work is under way, and at the latest after `atMostMs` milliseconds. */
  give(atMostMs: number): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        this.#waiting.delete(goOn);
        resolve();
      };
      const timer = setTimeout(goOn, atMostMs);
      this.#waiting.add(goOn);
    });
  }
}

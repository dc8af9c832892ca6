/** Work that has the right of way, which other work lets pass before it begins. */
export class RightOfWay {
  #underWay = 0;
  readonly #waiting = new Set<() => void>();

  /** Does work that others let pass. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#underWay++;
    try {
      return await work();
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) for (const goOn of [...this.#waiting]) goOn();
    }
  }

  /** Resolves once none of it is under way, and after so many milliseconds in any case: nobody waits for ever. */
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

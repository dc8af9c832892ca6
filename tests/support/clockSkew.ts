import type { ClockSkew } from '@ates/kit/process/clockSkew';

/** A clock skew that a test sets: in step until told otherwise. */
export class TestClockSkew implements ClockSkew {
  readonly service = 'tests';
  #outOfStep: string | undefined;
  readonly #listeners: (() => void)[] = [];

  get outOfStep(): string | undefined {
    return this.#outOfStep;
  }

  get skewMs(): number {
    return this.#outOfStep ? 864_000_000 : 0;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** From now on the clock is ten days ahead, or right again. */
  set(is: 'ten days ahead' | 'in step'): void {
    this.#outOfStep = is === 'in step' ? undefined : "this machine's clock is 10 days ahead";
    for (const listener of this.#listeners) listener();
  }

  stop(): void {}
}

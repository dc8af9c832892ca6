import type { ClockSkew } from '@ates/kit/process/clockSkew';

/** A clock skew that a test sets. It is in step at first. */
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

  /** Puts the clock ten days ahead, or right again. */
  set(is: 'ten days ahead' | 'in step'): void {
    this.#outOfStep = is === 'in step' ? undefined : "this machine's clock is 10 days ahead";
    for (const listener of this.#listeners) listener();
  }

  stop(): void {}
}

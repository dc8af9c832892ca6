import { randomInt } from 'node:crypto';

/** Where time comes from. SQL takes it as a parameter, so that a test can move it. */
export interface Clock {
  now(): Date;
}

/** Where chance comes from. */
export interface Random {
  /** A whole number, uniformly from 0 up to, and without, `bound`. */
  below(bound: number): number;
}

export const systemClock: Clock = { now: () => new Date() };

export const systemRandom: Random = { below: (bound) => randomInt(bound) };

import { randomInt } from 'node:crypto';

/** The source of time. SQL takes the time as a parameter, so that a test can move it. */
export interface Clock {
  now(): Date;
}

/** The source of chance. */
export interface Random {
  /** Returns a whole number from 0 to `bound - 1`, each with the same probability. */
  below(bound: number): number;
}

export const systemClock: Clock = { now: () => new Date() };

export const systemRandom: Random = { below: (bound) => randomInt(bound) };

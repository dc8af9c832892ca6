import type { Random } from '@ates/kit/process/clock';

/** Draws a number from 0 to `count - 1`, each with the same probability (rule 4); undefined where `count` is 0. */
export const drawOneOf = (count: number, random: Random): number | undefined =>
  count > 0 ? random.below(count) : undefined;

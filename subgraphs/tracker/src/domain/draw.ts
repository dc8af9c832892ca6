import type { Random } from '@ates/kit/process/clock';

/** Which of so many people a task falls to, from 0 on, each with the same chance (rule 4); undefined of none. */
export const drawOneOf = (count: number, random: Random): number | undefined =>
  count > 0 ? random.below(count) : undefined;

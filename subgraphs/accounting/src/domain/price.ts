import { createHmac } from 'node:crypto';

/** A task's fee, which each assignee is charged, and its reward for completing it, in cents. */
export interface Price {
  readonly taskId: string;
  readonly feeCents: number;
  readonly rewardCents: number;
}

/** Whole dollars, both ends included (rule 7). */
export const feeRange = { from: 10, to: 20 } as const;
export const rewardRange = { from: 20, to: 40 } as const;

/**
 * Draws a task's price: two independent draws from a keyed hash of its id, so that the order of events does not matter
 * (rule 7). The id is in lower case.
 */
export function drawPrice(priceKey: string, taskId: string): Price {
  const hash = createHmac('sha256', priceKey).update(taskId).digest();
  return {
    taskId,
    feeCents: 100 * draw(hash.readUIntBE(0, 6), feeRange),
    rewardCents: 100 * draw(hash.readUIntBE(6, 6), rewardRange),
  };
}

/** Draws a whole number. Of 2^48 equal chances, some numbers have one more than others: a bias below 1 in 10^13. */
const draw = (chance: number, { from, to }: { from: number; to: number }) =>
  from + (chance % (to - from + 1));

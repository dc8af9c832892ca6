import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { drawPrice } from '../src/domain/price.ts';

const prices = Array.from({ length: 20_000 }, () => drawPrice('a key', randomUUID()));

test('fees are 10 to 20 and rewards 20 to 40 whole dollars, both ends included (rule 7)', () => {
  expect(new Set(prices.map((price) => price.feeCents / 100))).toEqual(
    new Set(Array.from({ length: 11 }, (_, at) => 10 + at)),
  );
  expect(new Set(prices.map((price) => price.rewardCents / 100))).toEqual(
    new Set(Array.from({ length: 21 }, (_, at) => 20 + at)),
  );
});

test('every whole dollar is about as likely, and fee and reward do not depend on each other', () => {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  // The bounds are more than six standard errors away on each side.
  expect(Math.abs(mean(prices.map((price) => price.feeCents)) - 1_500)).toBeLessThan(15);
  expect(Math.abs(mean(prices.map((price) => price.rewardCents)) - 3_000)).toBeLessThan(28);
  const product = mean(prices.map((price) => (price.feeCents - 1_500) * (price.rewardCents - 3_000)));
  expect(Math.abs(product / (316 * 606))).toBeLessThan(0.045);
});

test('a price is fixed by the key and the task alone', () => {
  const taskId = '0190d6f0-0000-7000-8000-000000000001';
  expect(drawPrice('a key', taskId)).toEqual(drawPrice('a key', taskId));
  const others = Array.from({ length: 20 }, (_, at) => drawPrice(`key ${at}`, taskId).rewardCents);
  expect(new Set(others).size).toBeGreaterThan(3);
});

import { expect, test } from 'vitest';
import { type Beak, beakOfText, beakSteps, outlineOfBeak, paper, textOfBeak } from '../src/session/beak.ts';

const all: Beak[] = [];
for (let length = 0; length < beakSteps; length++)
  for (let curve = 0; curve < beakSteps; curve++)
    for (let hook = 0; hook < beakSteps; hook++) all.push({ length, curve, hook });

test('every beak that can be drawn has a text of its own, which draws it again', () => {
  expect(new Set(all.map(textOfBeak)).size).toBe(beakSteps ** 3);
  for (const beak of all) expect(beakOfText(textOfBeak(beak))).toEqual(beak);
});

test('words of one’s own are no drawing', () => {
  for (const text of ['', 'wide, hooked, scarlet tip', 'stubby, straight', 'stubby, straight, blunt, red'])
    expect(beakOfText(text)).toBeUndefined();
});

test('every beak stays on the paper', () => {
  for (const beak of all) {
    const [x, y] = outlineOfBeak(beak).tip;
    expect(x).toBeGreaterThan(20);
    expect(x).toBeLessThan(paper.left + paper.width);
    expect(y).toBeLessThan(paper.top + paper.height);
  }
});

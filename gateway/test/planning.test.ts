import { Supergraph } from '@apollo/federation-internals';
import { parse } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import { createPlanner } from '../src/execute/planner.ts';
import { planningThread } from '../src/execute/planningThread.ts';
import { Turns } from '../src/request/turns.ts';
import { compose, hens, owners } from './fixture.ts';

const supergraphSdl = () => compose(hens, owners).replaceAll(', for: SECURITY', '');

test('the thread plans as the planner does in this thread, for each supergraph that it was given', async () => {
  const sdl = supergraphSdl();
  expect(() => Supergraph.build(sdl)).not.toThrow();
  const planner = createPlanner(sdl);
  const [first, second] = [planningThread.serve(sdl), planningThread.serve(sdl)];
  onTestFinished(() => first.close());
  for (const text of ['{ hen(id: 3) { name owner { name } } }', 'query A { hello } query B { boom }']) {
    const name = text.includes('B') ? 'B' : undefined;
    const plan = JSON.parse(JSON.stringify(planner(parse(text), name)));
    expect(await first.plan(parse(text), name)).toEqual(plan);
    expect(await second.plan(parse(text), name)).toEqual(plan);
  }
  await expect(first.plan(parse('{ goodbye }'), undefined)).rejects.toThrow('goodbye');
  // A supergraph that has been closed takes nobody with it.
  second.close();
  await expect(second.plan(parse('{ hello }'), undefined)).rejects.toThrow('not served any more');
  // One that cannot be planned holds up no other.
  expect(await first.plan(parse('{ hello }'), undefined)).toHaveProperty('node');
});

test('documents that are new take turns, one in each round of the event loop; one that was seen need not wait', async () => {
  const turns = new Turns();
  await turns.take('{ seen }');
  let round = 0;
  let isOver = false;
  const count = () => {
    round++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const rounds: number[] = [];
  const all = Array.from({ length: 50 }, async (_, n) => {
    await turns.take(`{ new${n} }`);
    rounds.push(round);
  });
  expect(turns.take('{ seen }')).toBeUndefined();
  await Promise.all(all);
  isOver = true;
  expect(new Set(rounds).size).toBe(50);
  expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
});

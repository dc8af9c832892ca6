import { expect, test } from 'vitest';
import { type Farm, startFarm } from './fixture.ts';

/** Makes the hens' subgraph answer `hello` with the number of feedings, after a while. */
function countFeedings(farm: Farm, answersAfterMs: (nth: number) => number) {
  let feedings = 0;
  let asked = 0;
  farm.hens.override = async (_, response, { query }) => {
    const isMutation = query.includes('feed');
    if (isMutation) feedings++;
    // Read when the request arrives, as a database would.
    const data = isMutation ? { feed: { id: '1' } } : { hello: `fed ${feedings} times` };
    if (!isMutation) await new Promise((resolve) => setTimeout(resolve, answersAfterMs(asked++)));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
    return true;
  };
}

const hello = { query: '{ hello }' };

test('equal queries of one caller that arrive at once share requests, and those of others do not', async () => {
  const farm = await startFarm({ SHARE_QUERIES: 'true' });
  countFeedings(farm, () => 30);
  const ask = (authorization: string) => farm.graphql(hello, { authorization });
  const answers = await Promise.all([
    ...Array.from({ length: 20 }, () => ask('Bearer one')),
    ask('Bearer two'),
  ]);
  for (const { json } of answers) expect(json).toEqual({ data: { hello: 'fed 0 times' } });
  const asked = farm.hens.asked.map(({ headers }) => headers.authorization);
  expect(asked.filter((authorization) => authorization === 'Bearer two')).toHaveLength(1);
  // The first one, and a few that were shared by those that came meanwhile.
  expect(asked.length).toBeLessThan(10);
});

test('a query that is sent after a mutation’s answer sees the change, also while an old equal query hangs', async () => {
  const farm = await startFarm({ SHARE_QUERIES: 'true' });
  countFeedings(farm, (nth) => (nth === 0 ? 2_000 : 0));
  let isOldAnswered = false;
  const old = farm.graphql(hello).then(({ json }) => {
    isOldAnswered = true;
    return json;
  });
  // Another one waits for the old one, and has not been sent yet.
  const waiting = new Promise((resolve) => setTimeout(resolve, 100)).then(() => farm.graphql(hello));
  await new Promise((resolve) => setTimeout(resolve, 105));
  await farm.graphql({ query: 'mutation { feed(id: 1) { id } }' });
  const { json } = await farm.graphql(hello);
  expect(json).toEqual({ data: { hello: 'fed 1 times' } });
  expect(isOldAnswered).toBe(false);
  await waiting;
  expect(await old).toEqual({ data: { hello: 'fed 0 times' } });
});

test('without the setting nothing is shared', async () => {
  const farm = await startFarm();
  countFeedings(farm, () => 30);
  await Promise.all(Array.from({ length: 5 }, () => farm.graphql(hello)));
  expect(farm.hens.asked).toHaveLength(5);
});

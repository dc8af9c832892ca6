import { expect, test } from 'vitest';
import { answers, eventually, startFarm } from './fixture.ts';

test('a subgraph that is down takes only its own fields with it, and the client reads which part', async () => {
  const farm = await startFarm();
  await farm.owners.down();
  const { status, json, headers } = await farm.graphql({ query: '{ hen(id: 3) { name owner { name } } }' });
  expect(status).toBe(200);
  expect(json.data).toEqual({ hen: { name: 'Hen 3', owner: null } });
  const [error] = json.errors ?? [];
  expect(error?.extensions.code).toBe('INTERNAL');
  expect(error?.message).toBe(
    `The part "owners" cannot be asked at the moment (id ${headers.get('x-request-id')}). Try again; if it persists, give this id to an operator.`,
  );
  const line = farm.log.find(({ id }) => id === headers.get('x-request-id'));
  expect(line?.msg).toContain(`cannot be reached at ${farm.owners.url}`);
  expect(JSON.stringify(json)).not.toContain('127.0.0.1');
});

test('a connection that a subgraph drops is no failed query', async () => {
  const farm = await startFarm();
  let drops = 1;
  farm.hens.override = (request) => {
    if (drops-- <= 0) return false;
    request.socket.destroy();
    return true;
  };
  expect((await farm.graphql({ query: '{ hello }' })).json).toEqual({ data: { hello: 'world' } });
  expect(farm.hens.asked).toHaveLength(2);
});

test('a mutation that may have arrived is never sent again', async () => {
  const farm = await startFarm();
  farm.hens.override = (request) => {
    request.socket.destroy();
    return true;
  };
  const { json } = await farm.graphql({ query: 'mutation { feed(id: 1) { id } }' });
  expect(json.errors?.[0]?.extensions.code).toBe('INTERNAL');
  expect(farm.hens.asked).toHaveLength(1);
});

test('a mutation whose connection was refused is sent once the subgraph is back', async () => {
  const farm = await startFarm();
  await farm.hens.down();
  const answer = farm.graphql({ query: 'mutation { logIn(name: "Olga") }' });
  await new Promise((resolve) => setTimeout(resolve, 30));
  await farm.hens.up();
  expect((await answer).json).toEqual({ data: { logIn: 'token of Olga' } });
});

test('a subgraph that is too slow is given up after its time', async () => {
  const farm = await startFarm({ SUBGRAPH_TIMEOUT_MS: '150' });
  farm.hens.override = () => new Promise(() => {});
  const { json } = await farm.graphql({ query: '{ hen(id: 1) { id } }' });
  expect(json.errors?.[0]?.extensions.code).toBe('INTERNAL');
  expect(farm.log.at(-1)?.msg).toContain('did not answer within 150 ms');
});

test('a GraphQL answer counts whatever its status; any other answer is an error', async () => {
  const farm = await startFarm();
  farm.hens.override = answers(503, {
    errors: [{ message: 'Too many hens.', extensions: { code: 'TOO_MANY_REQUESTS' } }],
  });
  const refused = await farm.graphql({ query: '{ hen(id: 1) { id } }' });
  expect(refused.json.errors?.[0]).toMatchObject({
    message: 'Too many hens.',
    extensions: { code: 'TOO_MANY_REQUESTS' },
  });
  farm.hens.override = answers(502, '<h1>Bad gateway</h1>');
  const broken = await farm.graphql({ query: '{ hen(id: 1) { id } }' });
  expect(broken.json.errors?.[0]?.extensions.code).toBe('INTERNAL');
  expect(JSON.stringify(broken.json)).not.toContain('Bad gateway');
});

test('what a subgraph did not expect is masked, with an id that is in the log beside the whole story', async () => {
  const farm = await startFarm();
  const { json } = await farm.graphql({ query: '{ boom hello }' });
  expect(json.data).toEqual({ boom: null, hello: 'world' });
  const [error] = json.errors ?? [];
  expect(error?.message).toMatch(/^Something went wrong on our side \(id .+\)\. Try again;/);
  expect(error?.path).toEqual(['boom']);
  expect(error?.extensions).toEqual({ code: 'INTERNAL', id: error?.extensions.id });
  expect(JSON.stringify(json)).not.toContain('hunter2');
  const logged = farm.log.filter(({ id }) => id === error?.extensions.id);
  expect(logged).toHaveLength(1);
  expect(logged[0]?.err?.message).toBe('the database password is hunter2');
});

test('an error that a subgraph masked itself keeps its id', async () => {
  const farm = await startFarm();
  const masked = {
    message: 'Something went wrong on our side (id 42).',
    extensions: { code: 'INTERNAL', id: '42' },
  };
  farm.hens.override = answers(200, { data: { boom: null }, errors: [{ ...masked, path: ['boom'] }] });
  const { json } = await farm.graphql({ query: '{ boom }' });
  expect(json.errors).toEqual([{ ...masked, path: ['boom'] }]);
});

test('a subgraph’s refusal is shown as it is, without what tells of the inside', async () => {
  const farm = await startFarm();
  farm.hens.override = answers(200, {
    data: { boom: null },
    errors: [
      {
        message: 'The hen is asleep.',
        path: ['boom'],
        extensions: { code: 'CONFLICT', until: 'dawn', stacktrace: ['secret.ts:1'], exception: {} },
      },
    ],
  });
  const { json } = await farm.graphql({ query: '{ boom }' });
  expect(json.errors).toEqual([
    { message: 'The hen is asleep.', path: ['boom'], extensions: { code: 'CONFLICT', until: 'dawn' } },
  ]);
});

test('that a subgraph does not understand the gateway is no fault of the client’s', async () => {
  const farm = await startFarm();
  farm.hens.override = answers(400, {
    errors: [{ message: 'Cannot query field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
  });
  const { json } = await farm.graphql({ query: '{ boom }' });
  expect(json.errors?.[0]?.extensions.code).toBe('INTERNAL');
});

test('operations and requests to subgraphs are counted by outcome', async () => {
  const farm = await startFarm();
  await farm.graphql({ query: '{ hello }' });
  await farm.graphql({ query: '{ nonsense }' });
  await farm.graphql({ query: '{ boom }' });
  await eventually(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${farm.gateway.internalPort}/metrics`)).text();
    expect(metrics).toContain('gateway_operations_total{kind="query",outcome="ok"} 1');
    expect(metrics).toContain('gateway_operations_total{kind="none",outcome="refused"} 1');
    expect(metrics).toContain('gateway_operations_total{kind="query",outcome="failed"} 1');
    expect(metrics).toMatch(
      /gateway_subgraph_request_seconds_count\{subgraph="hens",outcome="answered"\} [1-9]/,
    );
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Exchange, startExchange } from './support/exchange.ts';

/** `node` and the interface `Node`, through the gateway. */

let exchange: Exchange;
let task: string;
let user: string;
let reassignment: string;

beforeAll(async () => {
  exchange = await startExchange();
  user = (await exchange.data('kiwi', '{ me { id } }')).me.id;
  task = (await exchange.data('max', 'mutation { createTask(input: { title: "Fill the bowl" }) { id } }'))
    .createTask.id;
  reassignment = (await exchange.data('max', 'mutation { reassignTasks { id } }')).reassignTasks.id;
  await exchange.settle();
});
afterAll(() => exchange?.stop());

test('every type that is a Node is found by its id, with the fields that other services have', async () => {
  const { __type } = await exchange.data('kiwi', '{ __type(name: "Node") { possibleTypes { name } } }');
  expect(__type.possibleTypes.map(({ name }: { name: string }) => name).sort()).toEqual([
    'Reassignment',
    'Task',
    'User',
  ]);
  const query = `query ($id: ID!) {
    node(id: $id) {
      __typename id
      ... on Task { title assignmentFee creator { name } assignments(first: 1) { edges { node { id } } } }
      ... on User { name openTaskCount account { balance auditLog(first: 1) { edges { cursor } } } }
      ... on Reassignment { status requestedBy { name } }
    }
  }`;
  const found = async (id: string) => (await exchange.data('kiwi', query, { id })).node;
  expect(await found(task)).toEqual({
    __typename: 'Task',
    id: task,
    title: 'Fill the bowl',
    assignmentFee: expect.stringMatching(/^1\d\.00$|^20\.00$/),
    creator: { name: expect.any(String) },
    assignments: { edges: [{ node: { id: expect.any(String) } }] },
  });
  expect(await found(user)).toEqual({
    __typename: 'User',
    id: user,
    name: expect.any(String),
    openTaskCount: expect.any(Number),
    account: { balance: expect.any(String), auditLog: { edges: expect.any(Array) } },
  });
  expect(await found(reassignment)).toEqual({
    __typename: 'Reassignment',
    id: reassignment,
    status: 'COMPLETED',
    requestedBy: { name: expect.any(String) },
  });
});

test('a fragment on Node works where the service that answers does not know the interface', async () => {
  const query = `{
    me { ...Identified name }
    users(first: 1) { edges { node { ...Identified } } }
    tasks(first: 1) { nodes { ...Identified assignee { ...Identified } } }
  }
  fragment Identified on Node { __typename id }`;
  expect(await exchange.data('max', query)).toMatchObject({
    me: { __typename: 'User', id: expect.any(String), name: expect.any(String) },
    users: { edges: [{ node: { __typename: 'User', id: expect.any(String) } }] },
    tasks: { nodes: [{ __typename: 'Task', id: task, assignee: { __typename: 'User' } }] },
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Exchange, startExchange } from './support/exchange.ts';

/** Every connection of the graph, walked through the gateway. */

interface Edge {
  cursor: string;
  node: Record<string, unknown>;
}
interface Connection {
  edges: Edge[];
  nodes: Edge['node'][];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** The login that reads a connection, what stands around the field, and what tells its nodes apart. */
interface Reading {
  readonly as: string;
  around(field: string): string;
  readonly key: 'id' | 'day';
}

let exchange: Exchange;
let drawn = (_bound: number) => 0;
let heldTask: string;

/** Gives tasks to this person: the draw counts people in the order in which they came. */
const drawFor = (login: string) => {
  drawn = () => ['iris', 'kiwi', 'rio'].indexOf(login);
};

const createTask = async (): Promise<string> =>
  (await exchange.data('max', 'mutation { createTask(input: { title: "Clean the cage" }) { id } }'))
    .createTask.id;

beforeAll(async () => {
  exchange = await startExchange({
    startsAt: '2026-03-10T08:00:00Z',
    random: { below: (bound) => drawn(bound) },
  });
  drawFor('rio');
  heldTask = await createTask();
  // Kiwi earns something each day, and rio's task is drawn anew.
  for (const day of ['2026-03-10', '2026-03-11', '2026-03-12']) {
    exchange.clock.set(`${day}T09:00:00Z`);
    drawFor('kiwi');
    for (let n = 0; n < 3; n++) {
      const id = await createTask();
      await exchange.data('kiwi', 'mutation ($id: ID!) { resolveTask(id: $id) { id } }', { id });
    }
    drawFor('rio');
    await exchange.data('max', 'mutation { reassignTasks { id } }');
    await exchange.settle();
    await exchange.data('ada', 'mutation { closeDay { id } }');
    await exchange.settle();
  }
});
afterAll(() => exchange?.stop());

const plain = (field: string) => field;
const readings: Readonly<Record<string, Reading>> = {
  'Query.users': { as: 'max', around: plain, key: 'id' },
  'Query.tasks': { as: 'kiwi', around: plain, key: 'id' },
  'Query.myTasks': { as: 'kiwi', around: plain, key: 'id' },
  'Query.reassignments': { as: 'kiwi', around: plain, key: 'id' },
  'Query.accounts': { as: 'iris', around: plain, key: 'id' },
  'Query.payoutRuns': { as: 'iris', around: plain, key: 'day' },
  'User.tasks': { as: 'kiwi', around: (field) => `me { ${field} }`, key: 'id' },
  'Task.assignments': { as: 'kiwi', around: (field) => `task(id: "${heldTask}") { ${field} }`, key: 'id' },
  'Account.auditLog': { as: 'kiwi', around: (field) => `myAccount { ${field} }`, key: 'id' },
  'Account.days': { as: 'kiwi', around: (field) => `myAccount { ${field} }`, key: 'day' },
  'Account.payouts': { as: 'kiwi', around: (field) => `myAccount { ${field} }`, key: 'id' },
};

async function read(coordinate: string, first: number, after: string | null): Promise<Connection> {
  const { as, around, key } = readings[coordinate] as Reading;
  const [, field] = coordinate.split('.') as [string, string];
  const data = await exchange.data(
    as,
    `query ($first: Int!, $after: String) {
      ${around(`page: ${field}(first: $first, after: $after) {
        edges { cursor node { ${key} } } nodes { ${key} }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }`)}
    }`,
    { first, after },
  );
  const parent = 'page' in data ? data : Object.values(data)[0];
  return parent.page;
}

test('every connection of the graph is walked here', async () => {
  const { __schema } = await exchange.data(
    'kiwi',
    '{ __schema { types { name fields { name type { name ofType { name } } } } } }',
  );
  const connections = __schema.types.flatMap(({ name, fields }: any) =>
    (fields ?? [])
      .filter(({ type }: any) => (type.name ?? type.ofType?.name)?.endsWith('Connection'))
      .map((field: any) => `${name}.${field.name}`),
  );
  expect(connections.sort()).toEqual(Object.keys(readings).sort());
});

test.each(Object.keys(readings))('%s goes on right behind any of its edges', async (coordinate) => {
  const whole = await read(coordinate, 200, null);
  expect(whole.edges.length).toBeGreaterThanOrEqual(3);
  expect(new Set(whole.edges.map(({ cursor }) => cursor)).size).toBe(whole.edges.length);
  const starts = [null, ...whole.edges.map(({ cursor }) => cursor)];
  for (const first of [1, 2, 3]) {
    for (const [at, after] of starts.entries()) {
      const { edges, nodes, pageInfo } = await read(coordinate, first, after);
      expect(edges).toEqual(whole.edges.slice(at, at + first));
      expect(nodes).toEqual(edges.map(({ node }) => node));
      expect(pageInfo).toEqual({
        hasNextPage: at + first < whole.edges.length,
        hasPreviousPage: at > 0,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      });
    }
  }
});

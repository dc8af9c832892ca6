import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient as createSseClient } from 'graphql-sse';
import { type Client, createClient } from 'graphql-ws';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { asSuperuser } from './support/databases.ts';
import { type Exchange, startExchange } from './support/exchange.ts';

let exchange: Exchange;
/** The ids of all users who can be assigned tasks, in the order of the draw. */
let eligible: string[];
/** The login that gets the next tasks; null for any. */
let nextAssignee: string | null = null;
const idOf = new Map<string, string>();
const people = ['ada', 'max', 'iris', 'kiwi', 'rio', 'coco', 'pip', 'juno'];

beforeAll(async () => {
  exchange = await startExchange({
    random: {
      below: (bound) =>
        nextAssignee === null
          ? Math.floor(Math.random() * bound)
          : eligible.indexOf(idOf.get(nextAssignee) as string),
    },
  });
  for (const login of people) idOf.set(login, (await exchange.data(login, '{ me { id } }')).me.id);
  eligible = people
    .slice(2)
    .map((login) => idOf.get(login) as string)
    .sort();
});
afterAll(() => exchange?.stop());

const socketUrl = () => `${exchange.url.replace('http', 'ws')}/graphql`;

interface Close {
  readonly code: number;
}

async function connect(login: string): Promise<{ client: Client; closes: Close[] }> {
  const closes: Close[] = [];
  const client = createClient({
    url: socketUrl(),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${await exchange.token(login)}` },
    retryAttempts: 0,
    on: { closed: (event) => void closes.push(event as Close) },
  });
  onTestFinished(async () => client.dispose());
  return { client, closes };
}

/** Subscribes. The payloads are read one after the other. */
async function subscribe(login: string, query: string, variables: Record<string, unknown> = {}) {
  const { client, closes } = await connect(login);
  const payloads = client.iterate<any>({ query, variables });
  return {
    closes,
    async next(): Promise<any> {
      const { value, done } = await payloads.next();
      return done ? undefined : value;
    },
    /** Reads until a payload is as wanted. */
    async until(isWanted: (data: any) => boolean) {
      for (;;) {
        const { value, done } = await payloads.next();
        if (done) throw new Error('the subscription ended before what was waited for came');
        if (value?.errors) throw new Error(JSON.stringify(value.errors));
        if (isWanted(value?.data)) return value?.data;
      }
    },
    end: () => payloads.return?.(),
  };
}

async function createTask(assignee: string, title = 'Clean the cage') {
  nextAssignee = assignee;
  const { createTask: task } = await exchange.data(
    'max',
    'mutation ($title: String!) { createTask(input: { title: $title }) { id assignmentFee completionReward } }',
    { title },
  );
  return task as { id: string; assignmentFee: string; completionReward: string };
}
const resolveTask = (login: string, id: string) =>
  exchange.data(login, 'mutation ($id: ID!) { resolveTask(id: $id) { id } }', { id });
const reassign = async (to: string) => {
  nextAssignee = to;
  return (await exchange.data('max', 'mutation { reassignTasks { id } }')).reassignTasks.id as string;
};

const spanning =
  'subscription { balanceChanged { balance entries { amount description task { title assignee { name } } } account { owner { name openTaskCount } } } }';

test('one payload spans accounting, auth and tracker', async () => {
  const live = await subscribe('pip', spanning);
  expect((await live.next()).data.balanceChanged).toEqual({
    balance: '0.00',
    entries: [],
    account: { owner: { name: 'Pip Kakariki', openTaskCount: 0 } },
  });
  const task = await createTask('pip', 'Sort the seeds');
  expect((await live.until((data) => data.balanceChanged.entries.length === 1)).balanceChanged).toEqual({
    balance: `-${task.assignmentFee}`,
    entries: [
      {
        amount: `-${task.assignmentFee}`,
        description: expect.stringContaining('Sort the seeds'),
        task: { title: 'Sort the seeds', assignee: { name: 'Pip Kakariki' } },
      },
    ],
    account: { owner: { name: 'Pip Kakariki', openTaskCount: 1 } },
  });
  await resolveTask('pip', task.id);
  const paid = await live.until((data) => data.balanceChanged.entries.length === 2);
  // The payload is the whole state, oldest entry first, so the fee is still in it.
  expect(paid.balanceChanged.entries.map((entry: { amount: string }) => entry.amount)).toEqual([
    `-${task.assignmentFee}`,
    task.completionReward,
  ]);
});

describe('the same by every client that people use', () => {
  const changes = async (
    first: () => Promise<unknown>,
    until: (isWanted: (data: any) => boolean) => Promise<unknown>,
    login: string,
  ) => {
    await first();
    const { myAccount } = await exchange.data(login, '{ myAccount { balance } }');
    await createTask(login);
    await until((data) => data?.balanceChanged.balance !== myAccount.balance);
  };
  const query = 'subscription { balanceChanged { balance account { owner { name } } } }';

  test('graphql-sse', async () => {
    const client = createSseClient({
      url: `${exchange.url}/graphql/stream`,
      headers: { authorization: `Bearer ${await exchange.token('juno')}` },
      retryAttempts: 0,
    });
    const payloads = client.iterate<any>({ query });
    const until = async (isWanted: (data: any) => boolean) => {
      while (!isWanted(((await payloads.next()).value as any)?.data));
    };
    await changes(() => payloads.next(), until, 'juno');
    client.dispose();
  });

  test.each(['WebSocket', 'multipart'])('@apollo/client by %s', async (transport) => {
    const authorization = `Bearer ${await exchange.token('coco')}`;
    const socket = createClient({
      url: socketUrl(),
      webSocketImpl: WebSocket,
      connectionParams: { authorization },
    });
    const link =
      transport === 'WebSocket'
        ? new GraphQLWsLink(socket)
        : new HttpLink({ uri: `${exchange.url}/graphql`, headers: { authorization } });
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const seen: any[] = [];
    const failures: unknown[] = [];
    const subscription = client.subscribe<any>({ query: gql(query) }).subscribe({
      next: ({ data, error }) => (error ? failures.push(error) : seen.push(data)),
      error: (error) => failures.push(error),
    });
    const until = (isWanted: (data: any) => boolean) =>
      vi.waitFor(() => expect(seen.some(isWanted)).toBe(true), { timeout: 30_000 });
    await changes(
      () => until((data) => data.balanceChanged.account.owner.name === 'Coco Amazon'),
      until,
      'coco',
    );
    expect(failures).toEqual([]);
    subscription.unsubscribe();
    await socket.dispose();
  });
});

test('nobody receives the balance of another, whatever they ask and however often', async () => {
  const query = 'subscription { balanceChanged { account { id } balance } }';
  const watched = await Promise.all(
    ['kiwi', 'rio', 'kiwi', 'rio'].map(async (login) => ({ login, live: await subscribe(login, query) })),
  );
  for (const { login, live } of watched) {
    expect((await live.next()).data.balanceChanged.account.id).toBe(idOf.get(login));
  }
  const task = await createTask('rio');
  for (const { login, live } of watched.filter((each) => each.login === 'rio')) {
    const { balanceChanged } = (await live.next()).data;
    expect(balanceChanged.account.id).toBe(idOf.get(login));
    expect(balanceChanged.balance).toBe(`-${task.assignmentFee}`);
  }
  await createTask('kiwi');
  for (const { login, live } of watched.filter((each) => each.login === 'kiwi')) {
    // This is the very next payload: the other's change sent none.
    expect((await live.next()).data.balanceChanged.account.id).toBe(idOf.get(login));
  }
});

const myTasksChanged = 'subscription { myTasksChanged { kind task { id assignee { name } } } }';

test('tasks come, are taken and are done; who has them reads which', async () => {
  const live = await subscribe('rio', myTasksChanged);
  const change = async () => (await live.next()).data.myTasksChanged;
  expect(await change()).toEqual({ kind: 'RELOAD', task: null });
  const task = await createTask('rio');
  expect(await change()).toEqual({
    kind: 'ASSIGNED_TO_ME',
    task: { id: task.id, assignee: { name: 'Rio Conure' } },
  });
  await resolveTask('rio', task.id);
  expect(await change()).toMatchObject({ kind: 'RESOLVED', task: { id: task.id } });

  const other = await createTask('rio');
  await live.until((data) => data.myTasksChanged.task?.id === other.id);
  await reassign('juno');
  const taken = await live.until(
    (data) => data.myTasksChanged.kind === 'TAKEN_FROM_ME' && data.myTasksChanged.task.id === other.id,
  );
  expect(taken.myTasksChanged.task.assignee.name).toBe('Juno Eclectus');
});

test('of many changes at once nothing is told but that there were some', async () => {
  await exchange.settle();
  const live = await subscribe('iris', myTasksChanged);
  expect((await live.next()).data.myTasksChanged.kind).toBe('RELOAD');
  for (let n = 0; n < 15; n++) await createTask('pip', `Seed ${n}`);
  await reassign('iris');
  expect((await live.next()).data.myTasksChanged).toEqual({ kind: 'RELOAD', task: null });
  await live.end();
});

test('a burst comes as at most ten payloads a second, the last of which is the end of it', async () => {
  const live = await subscribe('kiwi', 'subscription { balanceChanged { balance } }');
  const moments: number[] = [];
  let balance = '';
  const reading = (async () => {
    for (let payload = await live.next(); payload; payload = await live.next()) {
      moments.push(performance.now());
      balance = payload.data.balanceChanged.balance;
    }
  })();
  nextAssignee = 'kiwi';
  const five = Array.from({ length: 5 }, (_, n) => `t${n}: createTask(input: { title: "Seed ${n}" }) { id }`);
  await Promise.all(Array.from({ length: 12 }, () => exchange.data('max', `mutation { ${five.join(' ')} }`)));
  await exchange.settle();
  const { myAccount } = await exchange.data('kiwi', '{ myAccount { balance } }');
  await vi.waitFor(() => expect(balance).toBe(myAccount.balance), { timeout: 30_000 });
  await live.end();
  await reading;
  for (let at = 10; at < moments.length; at++) {
    // On the way, two payloads may come closer together than they were sent.
    expect((moments[at] as number) - (moments[at - 10] as number)).toBeGreaterThan(800);
  }
});

test('a reassignment tells how far it is, and its subscription ends with it', async () => {
  await createTask('pip');
  const id = await reassign('coco');
  const live = await subscribe(
    'max',
    'subscription ($id: ID!) { reassignmentProgressed(id: $id) { status processed total requestedBy { name } } }',
    { id },
  );
  const last: any[] = [];
  for (let payload = await live.next(); payload; payload = await live.next())
    last.push(payload.data.reassignmentProgressed);
  expect(last.at(-1)).toMatchObject({ status: 'COMPLETED', requestedBy: { name: 'Max Cockatoo' } });
  expect(last.at(-1).processed).toBe(last.at(-1).total);
  const unknown = await subscribe(
    'max',
    `subscription { reassignmentProgressed(id: "${idOf.get('max')}") { id } }`,
  );
  expect((await unknown.next()).errors[0].extensions.code).toBe('NOT_FOUND');
  expect(await unknown.next()).toBeUndefined();
});

test("the company's day and analytics' are live for those who may see them, and for nobody else", async () => {
  const company = await subscribe(
    'iris',
    'subscription { companyDayChanged { feesCharged rewardsPaid closed } }',
  );
  const figures = await subscribe(
    'ada',
    'subscription { analyticsDayChanged { assignments tasksCreated topManagementEarned } }',
  );
  await exchange.settle();
  const before = (await company.next()).data.companyDayChanged;
  const counted = (await figures.next()).data.analyticsDayChanged;
  await createTask('pip');
  await company.until(({ companyDayChanged: now }) => Number(now.feesCharged) > Number(before.feesCharged));
  await figures.until(({ analyticsDayChanged: now }) => now.tasksCreated === counted.tasksCreated + 1);
  for (const query of [
    'subscription { companyDayChanged { day } }',
    'subscription { analyticsDayChanged { day } }',
  ]) {
    const refused = await subscribe('kiwi', query);
    expect((await refused.next()).errors[0].extensions.code).toBe('FORBIDDEN');
    expect(await refused.next()).toBeUndefined();
  }
});

test('payloads after a change of role obey the new role', async () => {
  const live = await subscribe('iris', 'subscription { companyDayChanged { feesCharged } }');
  await live.next();
  const role = (to: string) =>
    exchange.data('ada', `mutation { changeRole(userId: "${idOf.get('iris')}", role: ${to}) { id } }`);
  await role('EMPLOYEE');
  await exchange.settle();
  await createTask('pip');
  const refused = await live.next();
  expect(refused.data).toBeNull();
  expect(refused.errors[0].extensions.code).toBe('FORBIDDEN');
  expect(await live.next()).toBeUndefined();
  await role('ACCOUNTANT');
  await exchange.settle();
});

test('a socket ends within a second of a log-out, a deactivation or a new beak shape', async () => {
  const query = 'subscription { balanceChanged { balance } }';
  const endings = [
    ['pip', () => exchange.data('pip', 'mutation { logout }')],
    ['juno', () => exchange.data('ada', `mutation { deactivateUser(userId: "${idOf.get('juno')}") { id } }`)],
    [
      'coco',
      () =>
        exchange.data(
          'ada',
          `mutation { resetBeakShape(userId: "${idOf.get('coco')}", beakShape: "brand new, blue") { id } }`,
        ),
    ],
  ] as const;
  for (const [login, end] of endings) {
    const live = await subscribe(login, query);
    await live.next();
    await end();
    const startedAt = performance.now();
    await expect(live.next()).rejects.toMatchObject({ code: 4401 });
    // About 1 s on an idle machine; the token holds for fifteen minutes.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  }
});

test('hints that are cut off come again', async () => {
  const live = await subscribe('rio', 'subscription { balanceChanged { entries { id } } }');
  const { balanceChanged } = (await live.next()).data;
  if (exchange.redisUrl) {
    const redis = new Redis(exchange.redisUrl);
    await redis.client('KILL', 'TYPE', 'pubsub');
    redis.disconnect();
  } else {
    const client = new pg.Client({ connectionString: asSuperuser(exchange.databases.accounting) });
    await client.connect();
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hints'",
    );
    await client.end();
  }
  await createTask('rio');
  await live.until(({ balanceChanged: now }) => now.entries.at(-1)?.id !== balanceChanged.entries.at(-1)?.id);
});

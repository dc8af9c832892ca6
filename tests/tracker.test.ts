import { systemRandom } from '@ates/kit/process/clock';
import { runReassignmentBatch } from '@ates/tracker/usecases/runReassignmentBatch';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asSuperuser, openTestDatabase, workOn } from './support/databases.ts';
import { type Answer, type Exchange, startExchange } from './support/exchange.ts';

let exchange: Exchange;
/** Tracker's database as use cases see it, and (`tracker`) as a superuser does. */
let database: Parameters<typeof runReassignmentBatch>[0];
let tracker: pg.Client;
const idOf = new Map<string, string>();
const employees = ['iris', 'kiwi', 'rio', 'coco', 'pip', 'juno'];

beforeAll(async () => {
  exchange = await startExchange();
  database = workOn(openTestDatabase(exchange.databases.tracker), exchange.clock);
  tracker = new pg.Client({ connectionString: asSuperuser(exchange.databases.tracker) });
  await tracker.connect();
  for (const login of [...employees, 'max', 'ada']) {
    idOf.set(login, (await exchange.data(login, '{ me { id } }')).me.id);
  }
});
afterAll(async () => {
  await tracker?.end();
  await (database as typeof database | undefined)?.db.destroy();
  await exchange?.stop();
});

const codeOf = (answer: Answer) => answer.errors?.[0]?.extensions.code ?? 'OK';
const loginOfId = (id: string) => [...idOf].find(([, known]) => known === id)?.[0];

async function createTask(title = 'Clean the cage', by = 'kiwi') {
  const answer = await exchange.data(
    by,
    'mutation ($title: String!) { createTask(input: { title: $title }) { id title jiraId status assignee { id } assignments { nodes { id } } } }',
    { title },
  );
  return answer.createTask as {
    id: string;
    title: string;
    jiraId: string | null;
    status: string;
    assignee: { id: string };
    assignments: { nodes: { id: string }[] };
  };
}
/** Creates many tasks. */
async function createTasks(count: number): Promise<{ id: string; assignee: { id: string } }[]> {
  const made: { id: string; assignee: { id: string } }[] = [];
  while (made.length < count) {
    // A few operations at a time, each of a few tasks, so that a slow machine does not run into the gateway's time-out.
    const operations = Array.from({ length: Math.min(10, Math.ceil((count - made.length) / 3)) }, (_, n) => {
      const left = Math.min(3, count - made.length - n * 3);
      const fields = Array.from({ length: left }, (_, i) => {
        return `t${i}: createTask(input: { title: "Task ${made.length + n * 3 + i}" }) { id assignee { id } }`;
      });
      return exchange.data<Record<string, (typeof made)[number]>>('kiwi', `mutation { ${fields.join(' ')} }`);
    });
    made.push(...(await Promise.all(operations)).flatMap((answer) => Object.values(answer)));
  }
  return made;
}
const resolve = (login: string, id: string) =>
  exchange.ask(login, 'mutation ($id: ID!) { resolveTask(id: $id) { id status resolvedAt } }', { id });
const count = async (query: string, ...values: unknown[]): Promise<number> =>
  (await tracker.query(`select count(*)::int as n from ${query}`, values)).rows[0].n;

describe('creating (rules 3 and 4)', () => {
  test.each([
    ['[POPUG-42] - Clean the cage', 'POPUG-42', 'Clean the cage'],
    ['[POPUG-42] Clean the cage', 'POPUG-42', 'Clean the cage'],
    ['  [POPUG-42]   -   Clean the cage  ', 'POPUG-42', 'Clean the cage'],
    ['Clean the cage', null, 'Clean the cage'],
    ['POPUG-42 - Clean the cage', null, 'POPUG-42 - Clean the cage'],
  ])('%j is kept as Jira id %j and title %j', async (typed, jiraId, title) => {
    const created = await createTask(typed);
    expect(created).toMatchObject({ jiraId, title, status: 'IN_PROGRESS' });
    const { task } = await exchange.data('rio', 'query ($id: ID!) { task(id: $id) { jiraId title } }', {
      id: created.id,
    });
    expect(task).toEqual({ jiraId, title });
  });

  test.each(['kiwi', 'iris', 'max', 'ada'])('%s may put up a task', async (login) => {
    const task = await createTask('Sweep', login);
    expect(task.assignments.nodes).toHaveLength(1);
  });

  test('a task falls to everyone eligible, accountants included, and to no manager and no admin', async () => {
    const drawn = new Map<string, number>();
    for (const { assignee } of await createTasks(300)) {
      const login = loginOfId(assignee.id) ?? assignee.id;
      drawn.set(login, (drawn.get(login) ?? 0) + 1);
    }
    expect([...drawn.keys()].sort()).toEqual([...employees].sort());
    // 50 each are expected. A uniform draw gives fewer than 20 once in a million times.
    for (const [login, times] of drawn) expect(times, login).toBeGreaterThan(20);
  }, 90_000);

  test('a task and its assignment are there together, and open until resolved', async () => {
    const open = await count('open_task');
    const { id, assignee } = await createTask();
    expect(await count('assignment where task_id = $1 and assignee_id = $2', id, assignee.id)).toBe(1);
    expect(await count('open_task')).toBe(open + 1);
  });
});

describe('resolving (rule 5)', () => {
  test('the assignee resolves it, once; nobody else, also when it is done', async () => {
    const { id, assignee } = await createTask();
    const holder = loginOfId(assignee.id) as string;
    const others = ['kiwi', 'rio', 'max', 'ada'].filter((login) => login !== holder);
    for (const other of others) expect(codeOf(await resolve(other, id)), other).toBe('FORBIDDEN');
    const done = await resolve(holder, id);
    expect(done.data?.resolveTask).toMatchObject({ id, status: 'DONE', resolvedAt: expect.any(String) });
    expect(codeOf(await resolve(holder, id))).toBe('CONFLICT');
    for (const other of others) expect(codeOf(await resolve(other, id)), other).toBe('FORBIDDEN');
  });

  test('of two at once one succeeds and the other is told so', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, assignee } = await createTask();
      const holder = loginOfId(assignee.id) as string;
      const answers = await Promise.all([resolve(holder, id), resolve(holder, id)]);
      expect(answers.map(codeOf).sort()).toEqual(['CONFLICT', 'OK']);
    }
  });

  test('a task that was reassigned meanwhile is its new assignee’s to resolve', async () => {
    const { id, assignee } = await createTask();
    // Reassigns until the task has another assignee. The former one is then refused.
    let now = assignee.id;
    for (let presses = 0; now === assignee.id && presses < 20; presses++) {
      await exchange.data('max', 'mutation { reassignTasks { id } }');
      await exchange.settle();
      now = (await exchange.data('max', 'query ($id: ID!) { task(id: $id) { assignee { id } } }', { id }))
        .task.assignee.id;
    }
    expect(codeOf(await resolve(loginOfId(assignee.id) as string, id))).toBe('FORBIDDEN');
    expect(codeOf(await resolve(loginOfId(now) as string, id))).toBe('OK');
  });
});

describe('reassigning (rule 6)', () => {
  const fields = 'id status total processed startedAt finishedAt supersededBy { id } requestedBy { id }';
  const press = async (onRunning: 'JOIN' | 'SUPERSEDE' | 'QUEUE') =>
    (
      await exchange.data(
        'max',
        `mutation ($on: OnRunning!) { reassignTasks(onRunning: $on) { ${fields} } }`,
        { on: onRunning },
      )
    ).reassignTasks;
  const read = async (id: string) =>
    (await exchange.data('kiwi', `query ($id: ID!) { reassignment(id: $id) { ${fields} } }`, { id }))
      .reassignment;
  const cancel = (id: string) =>
    exchange.ask('max', `mutation ($id: ID!) { cancelReassignment(id: $id) { ${fields} } }`, { id });
  const runBatch = (id: string, size: number) => runReassignmentBatch(database, systemRandom, id, size);
  const assignmentsOf = (id: string) => count('assignment where reassignment_id = $1', id);

  /** Stops the workers, so that runs stay as they are while a test looks at them. */
  async function withoutWorkers(run: () => Promise<void>): Promise<void> {
    await exchange.settle();
    await exchange.stopWorkers();
    try {
      await run();
    } finally {
      await exchange.startWorkers();
      await exchange.settle();
    }
  }

  test('a press answers at once, and every open task is drawn anew, once', async () => {
    const tasks = await createTasks(30);
    const open = await count('open_task');
    const pressed = await press('JOIN');
    expect(pressed.requestedBy.id).toBe(idOf.get('max'));
    await exchange.settle();
    expect(await read(pressed.id)).toMatchObject({ status: 'COMPLETED', total: open, processed: open });
    expect(await assignmentsOf(pressed.id)).toBe(open);
    for (const { id } of tasks.slice(0, 5)) {
      const { task } = await exchange.data(
        'kiwi',
        'query ($id: ID!) { task(id: $id) { assignee { id } assignments { nodes { assignee { id } reassignment { id } } } } }',
        { id },
      );
      // The newest assignment comes first, and it is the run's.
      expect(task.assignments.nodes[0]).toEqual({
        assignee: task.assignee,
        reassignment: { id: pressed.id },
      });
      expect(task.assignments.nodes).toHaveLength(2);
    }
  });

  test('resolved tasks are not drawn again', async () => {
    const { id, assignee } = await createTask();
    await resolve(loginOfId(assignee.id) as string, id);
    const { id: run } = await press('JOIN');
    await exchange.settle();
    expect(await count('assignment where task_id = $1', id)).toBe(1);
    expect(await count('assignment where task_id = $1 and reassignment_id = $2', id, run)).toBe(0);
  });

  test('while one waits, every press hands it back', () =>
    withoutWorkers(async () => {
      const waiting = await press('JOIN');
      expect(waiting).toMatchObject({ status: 'QUEUED', total: 0, processed: 0, startedAt: null });
      expect((await press('JOIN')).id).toBe(waiting.id);
      expect((await press('QUEUE')).id).toBe(waiting.id);
      expect((await press('SUPERSEDE')).id).toBe(waiting.id);
      expect(await count("reassignment where status = 'QUEUED'")).toBe(1);
    }));

  test('JOIN hands back the one that runs; QUEUE waits its turn, and a second QUEUE is the first', async () => {
    let running: any;
    let queued: any;
    await createTasks(10);
    await withoutWorkers(async () => {
      running = await press('JOIN');
      expect(await runBatch(running.id, 5)).toBe('more');
      queued = await press('QUEUE');
      expect(queued.id).not.toBe(running.id);
      expect(queued.status).toBe('QUEUED');
      expect((await press('QUEUE')).id).toBe(queued.id);
      expect(await press('JOIN')).toMatchObject({ id: running.id, status: 'RUNNING', processed: 5 });
      expect(await runBatch(queued.id, 5)).toBe('waits');
    });
    const [first, second] = [await read(running.id), await read(queued.id)];
    expect(first).toMatchObject({ status: 'COMPLETED', processed: first.total });
    expect(second).toMatchObject({ status: 'COMPLETED', processed: second.total });
    expect(second.startedAt >= first.finishedAt).toBe(true);
    // The run went on where it was: it assigned nothing twice.
    expect(await assignmentsOf(running.id)).toBe(first.total);
  });

  test('SUPERSEDE stops the one that runs at its last batch and starts over; what it assigned stands', async () => {
    let old: any;
    let next: any;
    await createTasks(10);
    await withoutWorkers(async () => {
      old = await press('JOIN');
      await runBatch(old.id, 5);
      next = await press('SUPERSEDE');
      expect(next.id).not.toBe(old.id);
      expect(await read(old.id)).toMatchObject({
        status: 'SUPERSEDED',
        processed: 5,
        supersededBy: { id: next.id },
        finishedAt: expect.any(String),
      });
      expect(await runBatch(old.id, 5)).toBe('ended');
      expect(await assignmentsOf(old.id)).toBe(5);
    });
    const open = await count('open_task');
    expect(await read(next.id)).toMatchObject({ status: 'COMPLETED', total: open, processed: open });
    expect(await assignmentsOf(next.id)).toBe(open);
    expect(await assignmentsOf(old.id)).toBe(5);
  });

  test('SUPERSEDE with one waiting behind lets that one take over', () =>
    withoutWorkers(async () => {
      const running = await press('JOIN');
      await runBatch(running.id, 5);
      const queued = await press('QUEUE');
      expect((await press('SUPERSEDE')).id).toBe(queued.id);
      expect(await read(running.id)).toMatchObject({ status: 'SUPERSEDED', supersededBy: { id: queued.id } });
    }));

  test('twenty presses at once start one run', () =>
    withoutWorkers(async () => {
      const pressed = await Promise.all(Array.from({ length: 20 }, () => press('JOIN')));
      expect(new Set(pressed.map(({ id }) => id)).size).toBe(1);
    }));

  test('tasks resolved while it runs count as processed', async () => {
    let run: any;
    const mine = await createTasks(10);
    await withoutWorkers(async () => {
      run = await press('JOIN');
      await runBatch(run.id, 5);
      for (const { id } of mine.slice(5)) {
        const { task } = await exchange.data(
          'max',
          'query ($id: ID!) { task(id: $id) { assignee { id } } }',
          { id },
        );
        expect(codeOf(await resolve(loginOfId(task.assignee.id) as string, id))).toBe('OK');
      }
    });
    const ended = await read(run.id);
    expect(ended).toMatchObject({ status: 'COMPLETED', processed: ended.total });
    expect(await assignmentsOf(run.id)).toBe(ended.total - 5);
  });

  test('cancelling stops one that waits and one that runs, once; what was assigned stands', async () => {
    await createTasks(6);
    let running: any;
    let waiting: any;
    await withoutWorkers(async () => {
      running = await press('JOIN');
      await runBatch(running.id, 5);
      waiting = await press('QUEUE');
      expect((await cancel(waiting.id)).data?.cancelReassignment).toMatchObject({
        status: 'CANCELLED',
        total: 0,
      });
      expect((await cancel(running.id)).data?.cancelReassignment).toMatchObject({
        status: 'CANCELLED',
        processed: 5,
        finishedAt: expect.any(String),
      });
      expect(codeOf(await cancel(running.id))).toBe('CONFLICT');
      expect(await runBatch(running.id, 5)).toBe('ended');
    });
    expect(await assignmentsOf(running.id)).toBe(5);
    expect(await assignmentsOf(waiting.id)).toBe(0);
    expect(await read(running.id)).toMatchObject({ status: 'CANCELLED', processed: 5 });
    // A completed run cannot be cancelled either.
    const completed = await press('JOIN');
    await exchange.settle();
    expect(codeOf(await cancel(completed.id))).toBe('CONFLICT');
  });

  test('a run with nobody left to draw fails at its next batch', async () => {
    await createTasks(10);
    await withoutWorkers(async () => {
      const run = await press('JOIN');
      await runBatch(run.id, 5);
      await tracker.query('update user_copy set active = not active');
      const outcome = await runBatch(run.id, 5).finally(() =>
        tracker.query('update user_copy set active = not active'),
      );
      expect(outcome).toBe('ended');
      expect(await read(run.id)).toMatchObject({ status: 'FAILED', processed: 5 });
      expect(await assignmentsOf(run.id)).toBe(5);
    });
  });
});

describe('reading', () => {
  /** Reads a list to its end by its cursors. Calls `between` after each page. */
  async function readAll(
    list: (args: string) => string,
    path: string[],
    between: () => Promise<unknown>,
    first = 7,
  ): Promise<string[]> {
    const ids: string[] = [];
    for (let after: string | null = null, pages = 0; pages < 200; pages++) {
      const data: any = await exchange.data(
        'max',
        `query ($after: String, $first: Int!) { ${list('first: $first, after: $after')} }`,
        { after, first },
      );
      const page = path.reduce((value, name) => value[name], data);
      ids.push(...page.nodes.map(({ id }: { id: string }) => id));
      if (!page.pageInfo.hasNextPage) return ids;
      after = page.pageInfo.endCursor;
      await between();
    }
    throw new Error('the list does not end');
  }
  const selection = '{ nodes { id } pageInfo { hasNextPage endCursor } }';

  /** Expects no row twice, and every row that was there when the reading began. */
  function expectWhole(found: string[], before: string[]): void {
    expect(new Set(found).size).toBe(found.length);
    expect(before.filter((id) => !found.includes(id))).toEqual([]);
  }

  test('pages of tasks stay right while tasks are added', async () => {
    const mine = (await createTasks(40)).map(({ id }) => id);
    const found = await readAll(
      (args) => `tasks(${args}) ${selection}`,
      ['tasks'],
      () => createTasks(3),
      20,
    );
    expectWhole(found, mine);
    const { rows } = await tracker.query('select id from task');
    expect(found.filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
    expect([...found].sort().reverse()).toEqual(found);
  });

  test('pages of somebody’s tasks stay right while tasks are added and resolved', async () => {
    const rio = idOf.get('rio') as string;
    const { rows } = await tracker.query('select task_id as id from open_task where assignee_id = $1', [rio]);
    const mine = rows.map(({ id }) => id as string);
    expect(mine.length).toBeGreaterThan(14);
    const toResolve = mine.slice(0, 3);
    const found = await readAll(
      (args) => `user(id: "${rio}") { tasks(${args}) ${selection} }`,
      ['user', 'tasks'],
      async () => {
        await createTasks(2);
        const next = toResolve.pop();
        if (next) expect(codeOf(await resolve('rio', next))).toBe('OK');
      },
      14,
    );
    expectWhole(found, mine);
  });

  test('pages of a task’s assignments, and of reassignments, stay right while there are more', async () => {
    const { id } = await createTask();
    const press = async () => {
      await exchange.data('max', 'mutation { reassignTasks { id } }');
      await exchange.settle();
    };
    for (let presses = 0; presses < 4; presses++) await press();
    const { rows } = await tracker.query('select id from assignment where task_id = $1', [id]);
    expect(rows).toHaveLength(5);
    const found = await readAll(
      (args) => `task(id: "${id}") { assignments(${args}) ${selection} }`,
      ['task', 'assignments'],
      press,
      2,
    );
    expectWhole(
      found,
      rows.map((row) => row.id),
    );
    const { rows: runs } = await tracker.query('select id from reassignment');
    expectWhole(
      await readAll((args) => `reassignments(${args}) ${selection}`, ['reassignments'], press, 5),
      runs.map((row) => row.id),
    );
  });

  test('a hundred tasks with all that belongs to them take as many statements as ten', async () => {
    await createTasks(100);
    await exchange.settle();
    await exchange.stopWorkers();
    const statements = new Map<string, string[]>();
    const query = pg.Client.prototype.query;
    pg.Client.prototype.query = function (this: pg.Client, ...given: any[]) {
      const { database } = this;
      const text = typeof given[0] === 'string' ? given[0] : given[0]?.text;
      // Clock comparisons and the settings of a new connection do not belong to the request.
      const isOfRequest = !/clock_timestamp|^set session/.test(String(text));
      if (database && isOfRequest)
        statements.set(database, [...(statements.get(database) ?? []), String(text)]);
      return (query as any).apply(this, given);
    } as typeof query;
    const statementsFor = async (first: number) => {
      statements.clear();
      const { tasks } = await exchange.data(
        'ada',
        `query ($first: Int!) { tasks(first: $first) { nodes {
          id title assignmentFee completionReward
          assignee { name login openTaskCount account { balance earnedToday } }
          creator { name }
          assignments(first: 2) { nodes { id assignee { name } reassignment { id } } }
        } } }`,
        { first },
      );
      expect(tasks.nodes).toHaveLength(first);
      expect(tasks.nodes.at(-1)).toMatchObject({
        assignmentFee: expect.any(String),
        assignee: { name: expect.any(String), account: { balance: expect.any(String) } },
      });
      const own = Object.entries(exchange.databases).map(([service, url]) => {
        const seen = statements.get(new URL(url).pathname.slice(1)) ?? [];
        return [service, seen.length] as const;
      });
      return Object.fromEntries(own);
    };
    // Takes the fewest of five tries: how often a request looks up its caller depends on timing.
    const fewestFor = async (first: number) => {
      const tries: Record<string, number>[] = [];
      for (let n = 0; n < 5; n++) tries.push(await statementsFor(first));
      return Object.fromEntries(
        Object.keys(tries[0]!).map((service) => [service, Math.min(...tries.map((each) => each[service]!))]),
      ) as Record<string, number>;
    };
    try {
      const ofTen = await fewestFor(10);
      const ofHundred = await fewestFor(100);
      expect(ofHundred).toEqual(ofTen);
      expect(ofTen.tracker).toBeGreaterThan(0);
      expect(ofTen.auth).toBeGreaterThan(0);
      expect(ofTen.accounting).toBeGreaterThan(0);
      for (const [service, n] of Object.entries(ofHundred)) expect(n, service).toBeLessThan(20);
    } finally {
      pg.Client.prototype.query = query;
      await exchange.startWorkers();
    }
  });
});

// These are the last tests, since they leave no eligible user.
describe('with nobody eligible', () => {
  test('there is no task and no run, and the keys stay unused', async () => {
    const setRole = (login: string, role: string) =>
      exchange.data(
        'ada',
        'mutation ($id: ID!, $role: Role!) { changeRole(userId: $id, role: $role) { id } }',
        {
          id: idOf.get(login),
          role,
        },
      );
    const setActive = (login: string, mutation: 'deactivateUser' | 'reactivateUser') =>
      exchange.data('ada', `mutation ($id: ID!) { ${mutation}(userId: $id) { id } }`, {
        id: idOf.get(login),
      });
    await setRole('iris', 'MANAGER');
    await setRole('kiwi', 'ADMIN');
    for (const login of ['rio', 'coco', 'pip']) await setActive(login, 'deactivateUser');
    await exchange.settle();

    // One user is left and gets every task.
    for (let tries = 0; tries < 5; tries++) expect((await createTask()).assignee.id).toBe(idOf.get('juno'));
    await setActive('juno', 'deactivateUser');
    await exchange.settle();

    const rows = async () => ({
      tasks: await count('task'),
      open: await count('open_task'),
      assignments: await count('assignment'),
      runs: await count('reassignment'),
      keys: await count('idempotency_key'),
      events: await count('outbox_event'),
    });
    // Workers delete events that were delivered.
    await exchange.stopWorkers();
    const before = await rows();
    const create = 'mutation { createTask(input: { title: "Too late", idempotencyKey: "late" }) { id } }';
    const press = 'mutation { reassignTasks(idempotencyKey: "late") { id } }';
    for (const mutation of [create, press]) {
      const answer = await exchange.ask('max', mutation);
      expect(answer.errors?.[0]).toMatchObject({
        message: expect.stringMatching(/nobody/i),
        extensions: { code: 'NO_ELIGIBLE_ASSIGNEE' },
      });
    }
    expect(await rows()).toEqual(before);
    await exchange.startWorkers();

    await setActive('juno', 'reactivateUser');
    await exchange.settle();
    for (const mutation of [create, press]) expect(codeOf(await exchange.ask('max', mutation))).toBe('OK');
    await exchange.settle();
    expect(await count('open_task where assignee_id <> $1', idOf.get('juno'))).toBe(0);
  });
});

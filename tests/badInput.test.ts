import { encodeCursor } from '@ates/kit/graph/page';
import { newId } from '@ates/kit/process/ids';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { asSuperuser, type ServiceName } from './support/databases.ts';
import { type Answer, type Exchange, startExchange } from './support/exchange.ts';

let exchange: Exchange;
const clients = new Map<ServiceName, pg.Client>();
let kiwi = '';
let taskId = '';

beforeAll(async () => {
  exchange = await startExchange();
  for (const service of ['auth', 'tracker', 'accounting', 'analytics'] as const) {
    const client = new pg.Client({ connectionString: asSuperuser(exchange.databases[service]) });
    await client.connect();
    clients.set(service, client);
  }
  for (const login of ['ada', 'max', 'iris', 'rio']) await exchange.token(login);
  kiwi = (await exchange.data('kiwi', '{ me { id } }')).me.id;
  taskId = (
    await exchange.data('kiwi', 'mutation { createTask(input: { title: "Sweep" }) { id assignmentFee } }')
  ).createTask.id;
  await exchange.settle();
});
afterAll(async () => {
  await Promise.all([...clients.values()].map((client) => client.end()));
  await exchange?.stop();
});

/** Returns the row count and a digest of each table, without the one that counts failed log-ins. */
async function everything(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [service, client] of clients) {
    const { rows } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
       and relnamespace = 'public'::regnamespace and relname <> 'login_failure' order by relname`,
    );
    for (const { name } of rows) {
      const { rows: digest } = await client.query(
        `select count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, '' order by t::text)), 'none') as digest from "${name}" t`,
      );
      found[`${service}.${name}`] = digest[0].digest;
    }
  }
  return found;
}

/** Expects an error that says what to do and shows no internals. */
function expectRefusal(answer: Answer, code: string | RegExp): void {
  const error = answer.errors?.[0];
  expect(error, JSON.stringify(answer)).toBeDefined();
  expect(error?.extensions.code, error?.message).toMatch(code);
  expect(error?.message).toMatch(/^["“`$\p{L}\d].*\s.*\s/u);
  expect(error?.message).not.toMatch(/postgres|syntax at|node_modules|\.ts\b|undefined/i);
}

const text = (length: number) => 'x'.repeat(length);
const createTask =
  'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id title jiraId description } }';
const createAccount = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { id } }';
const polly = { login: 'polly', name: 'Polly', email: 'polly@popug.example', beakShape: 'long and straight' };

describe('a refused mutation changes nothing', () => {
  let before: Record<string, string>;
  beforeEach(async () => {
    before = await everything();
  });
  afterEach(async () => {
    expect(await everything()).toEqual(before);
  });

  test.each([
    ['empty', { title: '' }],
    ['nothing but spaces', { title: ' \t\n ' }],
    ['10,000 characters long', { title: text(10_000) }],
    ['201 characters long', { title: text(201) }],
    ['with a NUL', { title: 'Clean\u0000cage' }],
    ['with a line break', { title: 'Clean\nthe cage' }],
    ['with brackets inside', { title: 'Clean [the] cage' }],
    ['with empty brackets in front', { title: '[] - Clean the cage' }],
    ['nothing but brackets', { title: '[POPUG-42]' }],
    ['naming another Jira id than the field', { title: '[POPUG-42] - Clean', jiraId: 'POPUG-43' }],
  ])('a title %s', async (_, input) => {
    expectRefusal(await exchange.ask('kiwi', createTask, { input }), 'BAD_USER_INPUT');
  });

  test.each([
    ['a Jira id with a space', { jiraId: 'POPUG 42' }],
    ['a Jira id with brackets', { jiraId: '[POPUG-42]' }],
    ['a Jira id of 41 characters', { jiraId: text(41) }],
    ['a description of 10,001 characters', { description: text(10_001) }],
    ['a description with a NUL', { description: 'a\u0000b' }],
    ['an empty idempotency key', { idempotencyKey: '' }],
    ['an idempotency key of 201 characters', { idempotencyKey: text(201) }],
    ['an idempotency key with a NUL', { idempotencyKey: 'a\u0000b' }],
    ['a field that does not exist', { colour: 'green' }],
    ['a description that is null', { description: null }],
    ['a title that is a number', { title: 5 }],
    ['a title that is a list', { title: ['a', 'b'] }],
  ])('a task with %s', async (_, input) => {
    const answer = await exchange.ask('kiwi', createTask, { input: { title: 'Clean the cage', ...input } });
    expectRefusal(answer, 'BAD_USER_INPUT');
  });

  test.each([
    ['a login that exists', { login: 'ada' }, 'CONFLICT'],
    ['a login that exists in other letters', { login: ' ADA ' }, 'CONFLICT'],
    ['an empty login', { login: '' }, 'BAD_USER_INPUT'],
    ['a login with a space', { login: 'pol ly' }, 'BAD_USER_INPUT'],
    ['a login with a NUL', { login: 'pol\u0000ly' }, 'BAD_USER_INPUT'],
    ['a login of 65 characters', { login: text(65) }, 'BAD_USER_INPUT'],
    ['an empty name', { name: '  ' }, 'BAD_USER_INPUT'],
    ['a name of 10,000 characters', { name: text(10_000) }, 'BAD_USER_INPUT'],
    ['a name with a line break', { name: 'Polly\nParrot' }, 'BAD_USER_INPUT'],
    ['an e-mail address without @', { email: 'polly.popug.example' }, 'BAD_USER_INPUT'],
    ['two e-mail addresses', { email: 'a@popug.example, b@popug.example' }, 'BAD_USER_INPUT'],
    [
      'an e-mail address with a header behind it',
      { email: 'a@popug.example\r\nBcc: b@popug.example' },
      'BAD_USER_INPUT',
    ],
    ['a beak shape that is too short', { beakShape: 'short' }, 'BAD_USER_INPUT'],
    ['a beak shape of spaces', { beakShape: text(3).padEnd(20) }, 'BAD_USER_INPUT'],
    ['a beak shape of 10,000 characters', { beakShape: text(10_000) }, 'BAD_USER_INPUT'],
    ['a role that does not exist', { role: 'KING' }, 'BAD_USER_INPUT'],
    ['no role at all', { role: null }, 'BAD_USER_INPUT'],
  ])('an account with %s', async (_, input, code) => {
    expectRefusal(await exchange.ask('ada', createAccount, { input: { ...polly, ...input } }), code);
  });

  test.each([
    ['changeRole', 'ada', 'mutation ($id: ID!) { changeRole(userId: $id, role: MANAGER) { id } }'],
    ['deactivateUser', 'ada', 'mutation ($id: ID!) { deactivateUser(userId: $id) { id } }'],
    ['reactivateUser', 'ada', 'mutation ($id: ID!) { reactivateUser(userId: $id) { id } }'],
    [
      'resetBeakShape',
      'ada',
      'mutation ($id: ID!) { resetBeakShape(userId: $id, beakShape: "a new beak") { id } }',
    ],
    [
      'changeEmail',
      'ada',
      'mutation ($id: ID!) { changeEmail(userId: $id, email: "a@popug.example") { id } }',
    ],
    ['resolveTask', 'kiwi', 'mutation ($id: ID!) { resolveTask(id: $id) { id } }'],
    ['cancelReassignment', 'max', 'mutation ($id: ID!) { cancelReassignment(id: $id) { id } }'],
    ['resendTrackerDeadLetter', 'ada', 'mutation ($id: ID!) { resendTrackerDeadLetter(id: $id) }'],
    ['discardTrackerDeadLetter', 'ada', 'mutation ($id: ID!) { discardTrackerDeadLetter(id: $id) }'],
    ['discardTrackerHeldEvent', 'ada', 'mutation ($id: ID!) { discardTrackerHeldEvent(id: $id) }'],
    ['resendAccountingDeadLetter', 'ada', 'mutation ($id: ID!) { resendAccountingDeadLetter(id: $id) }'],
    ['discardAccountingDeadLetter', 'ada', 'mutation ($id: ID!) { discardAccountingDeadLetter(id: $id) }'],
    ['discardAccountingHeldEvent', 'ada', 'mutation ($id: ID!) { discardAccountingHeldEvent(id: $id) }'],
    ['resendAnalyticsDeadLetter', 'ada', 'mutation ($id: ID!) { resendAnalyticsDeadLetter(id: $id) }'],
    ['discardAnalyticsDeadLetter', 'ada', 'mutation ($id: ID!) { discardAnalyticsDeadLetter(id: $id) }'],
    ['discardAnalyticsHeldEvent', 'ada', 'mutation ($id: ID!) { discardAnalyticsHeldEvent(id: $id) }'],
  ])('%s of a malformed id and of an unknown one', async (_, login, query) => {
    for (const id of ['nonsense', '', "' or 1 = 1 --", '42', '\u0000', text(10_000)])
      expectRefusal(await exchange.ask(login, query, { id }), 'BAD_USER_INPUT');
    expectRefusal(await exchange.ask(login, query, { id: newId() }), 'NOT_FOUND');
  });

  test('a new beak shape that is too short, and a new e-mail address that is none', async () => {
    const reset = 'mutation ($id: ID!, $to: String!) { resetBeakShape(userId: $id, beakShape: $to) { id } }';
    expectRefusal(await exchange.ask('ada', reset, { id: kiwi, to: 'short' }), 'BAD_USER_INPUT');
    const change = 'mutation ($id: ID!, $to: String!) { changeEmail(userId: $id, email: $to) { id } }';
    expectRefusal(await exchange.ask('ada', change, { id: kiwi, to: 'nobody' }), 'BAD_USER_INPUT');
  });

  test('closing a day that does not exist, has not come, or is before the first', async () => {
    const close = 'mutation ($day: Date) { closeDay(day: $day) { id } }';
    const tomorrow = new Date(exchange.clock.now().getTime() + 86_400_000).toISOString().slice(0, 10);
    for (const day of [
      '2026-02-30',
      '2025-02-29',
      'today',
      '',
      '0000-01-01',
      '2026-1-1',
      20260101,
      '1999-12-31',
      tomorrow,
    ])
      expectRefusal(await exchange.ask('ada', close, { day }), 'BAD_USER_INPUT');
  });

  test('a press with a policy that does not exist', async () => {
    const press = 'mutation ($on: OnRunning!) { reassignTasks(onRunning: $on) { id } }';
    for (const on of ['LATER', null, 5])
      expectRefusal(await exchange.ask('max', press, { on }), 'BAD_USER_INPUT');
  });

  test('a log-in with a NUL or of a great length is a wrong log-in', async () => {
    const logIn =
      'mutation ($login: String!, $shape: String!) { login(login: $login, beakShape: $shape) { accessToken } }';
    for (const [login, shape] of [
      ['a\u0000b', 'long and straight'],
      ['kiwi', 'long\u0000and straight'],
      [text(10_000), 'long and straight'],
      ['pip', text(100_000)],
    ])
      expectRefusal(await exchange.ask(null, logIn, { login, shape }), /UNAUTHENTICATED|BAD_USER_INPUT/);
  });

  test('an idempotency key with other arguments', async () => {
    // The refused calls must leave everything as it is after the first one.
    const first = await exchange.data('rio', createTask, {
      input: { title: 'One', idempotencyKey: 'other' },
    });
    expect(first.createTask.id).toBeDefined();
    await exchange.settle();
    before = await everything();
    for (const other of [
      { title: 'Two' },
      { title: 'One', jiraId: 'A-1' },
      { title: 'One', description: 'more' },
    ]) {
      const answer = await exchange.ask('rio', createTask, { input: { ...other, idempotencyKey: 'other' } });
      expectRefusal(answer, 'CONFLICT');
    }
  });
});

describe('bodies that are no operations', () => {
  const send = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${exchange.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  test.each([
    ['no JSON', '{"query": ', 400],
    ['plain words', 'hello', 400],
    ['a list', '[]', 400],
    ['a number', '5', 400],
    ['null', 'null', 400],
    ['an empty object', '{}', 400],
    ['a query that is a number', '{"query": 5}', 400],
    ['variables that are text', '{"query": "{ me { id } }", "variables": "none"}', 400],
    ['a query that does not parse', '{"query": "{ me { "}', 400],
    ['a query with a field that does not exist', '{"query": "{ money }"}', 400],
    ['an operation that is not there', '{"query": "query A { __typename }", "operationName": "B"}', 400],
    ['three megabytes', JSON.stringify({ query: `# ${text(3_000_000)}\n{ __typename }` }), 413],
  ])('%s', async (_, body, status) => {
    const before = await everything();
    const response = await send(body);
    const answer = (await response.json()) as Answer;
    expect(response.status, JSON.stringify(answer)).toBe(status);
    expectRefusal(
      answer,
      /^(BAD_REQUEST|BAD_USER_INPUT|GRAPHQL_PARSE_FAILED|GRAPHQL_VALIDATION_FAILED|OPERATION_RESOLUTION_FAILURE)$/,
    );
    expect(await everything()).toEqual(before);
  });

  test('a form, such as any page can send', async () => {
    const response = await send('query={me{id}}', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
  });
});

describe('queries with arguments that cannot be meant', () => {
  test.each([
    ['node', 'kiwi', 'query ($id: ID!) { found: node(id: $id) { id } }'],
    ['task', 'kiwi', 'query ($id: ID!) { found: task(id: $id) { id } }'],
    ['user', 'kiwi', 'query ($id: ID!) { found: user(id: $id) { id name } }'],
    ['reassignment', 'kiwi', 'query ($id: ID!) { found: reassignment(id: $id) { id } }'],
    ['account', 'iris', 'query ($id: ID!) { found: account(id: $id) { id balance } }'],
  ])('%s: a malformed id is refused, an unknown one is null', async (_, login, query) => {
    for (const id of ['nonsense', '', '42', "' or 1 = 1 --", '\u0000', `${newId()}x`, text(10_000)])
      expectRefusal(await exchange.ask(login, query, { id }), 'BAD_USER_INPUT');
    expect(await exchange.data(login, query, { id: newId() })).toEqual({ found: null });
  });

  test('an id in capital letters is the same id', async () => {
    const query =
      'query ($user: ID!, $task: ID!) { user(id: $user) { name account { balance } } task(id: $task) { title assignmentFee } }';
    const lower = await exchange.data('kiwi', query, { user: kiwi, task: taskId });
    expect(
      await exchange.data('kiwi', query, { user: kiwi.toUpperCase(), task: taskId.toUpperCase() }),
    ).toEqual(lower);
    expect(lower).toMatchObject({
      user: { name: expect.any(String), account: { balance: expect.any(String) } },
    });
  });

  test('a payout run of a day that was not closed is null', async () => {
    expect(await exchange.data('iris', '{ payoutRun(day: "2020-01-01") { id } }')).toEqual({
      payoutRun: null,
    });
  });

  /** Every field that returns pages, and how to query it. */
  const pages: [name: string, login: string, fields: (args: string) => string, hasCursor: boolean][] = [
    ['users', 'max', (args) => `users(${args}) { nodes { id } }`, true],
    ['tasks', 'kiwi', (args) => `tasks(${args}) { nodes { id } }`, true],
    ['myTasks', 'kiwi', (args) => `myTasks(${args}) { nodes { id } }`, true],
    ['User.tasks', 'kiwi', (args) => `me { tasks(${args}) { nodes { id } } }`, true],
    [
      'Task.assignments',
      'kiwi',
      (args) => `task(id: "${taskId}") { assignments(${args}) { nodes { id } } }`,
      true,
    ],
    ['reassignments', 'kiwi', (args) => `reassignments(${args}) { nodes { id } }`, true],
    ['accounts', 'iris', (args) => `accounts(${args}) { nodes { id } }`, true],
    ['payoutRuns', 'iris', (args) => `payoutRuns(${args}) { nodes { id } }`, true],
    ['Account.auditLog', 'kiwi', (args) => `myAccount { auditLog(${args}) { nodes { id } } }`, true],
    ['Account.days', 'kiwi', (args) => `myAccount { days(${args}) { nodes { day } } }`, true],
    ['Account.payouts', 'kiwi', (args) => `myAccount { payouts(${args}) { nodes { id } } }`, true],
    ['trackerDeadLetters', 'ada', (args) => `trackerDeadLetters(${args}) { id }`, false],
    ['trackerHeldEvents', 'ada', (args) => `trackerHeldEvents(${args}) { id }`, false],
    ['accountingDeadLetters', 'ada', (args) => `accountingDeadLetters(${args}) { id }`, false],
    ['accountingHeldEvents', 'ada', (args) => `accountingHeldEvents(${args}) { id }`, false],
    ['analyticsDeadLetters', 'ada', (args) => `analyticsDeadLetters(${args}) { id }`, false],
    ['analyticsHeldEvents', 'ada', (args) => `analyticsHeldEvents(${args}) { id }`, false],
  ];

  test.each(pages)('%s: first is 1..200', async (_, login, fields) => {
    for (const first of [0, -1, 201, 2_147_483_647]) {
      expectRefusal(
        await exchange.ask(login, `query ($first: Int!) { ${fields('first: $first')} }`, { first }),
        'BAD_USER_INPUT',
      );
    }
    for (const first of ['ten', 1.5, 2_147_483_648, null]) {
      expectRefusal(
        await exchange.ask(login, `query ($first: Int!) { ${fields('first: $first')} }`, { first }),
        'BAD_USER_INPUT',
      );
    }
    for (const first of [1, 200]) {
      await exchange.data(login, `query ($first: Int!) { ${fields('first: $first')} }`, { first });
    }
  });

  test.each(pages.filter(([, , , hasCursor]) => hasCursor))(
    '%s: a cursor that was not handed out is refused',
    async (_, login, fields) => {
      const cursors = [
        'nonsense',
        '',
        '\u0000',
        text(10_000),
        encodeCursor(),
        encodeCursor(1, 2, 3),
        encodeCursor('a', 'b'),
        encodeCursor("' or 1 = 1"),
        encodeCursor(-1),
        encodeCursor(1e300),
        encodeCursor('2026-02-30'),
        encodeCursor('0000-01-01'),
        encodeCursor('a\u0000', newId()).slice(0, -1),
      ];
      for (const after of cursors) {
        const answer = await exchange.ask(login, `query ($after: String) { ${fields('after: $after')} }`, {
          after,
        });
        expectRefusal(answer, 'BAD_USER_INPUT');
      }
    },
  );

  test('a cursor of the people list with a NUL in its name', async () => {
    const after = encodeCursor('a\u0000', newId());
    const answer = await exchange.ask(
      'max',
      'query ($after: String) { users(after: $after) { nodes { id } } }',
      { after },
    );
    expectRefusal(answer, 'BAD_USER_INPUT');
  });

  test('a search for a NUL, for wildcards, or for too much', async () => {
    const users = 'query ($search: String) { users(search: $search) { totalCount nodes { id } } }';
    const tasks = 'query ($search: String) { tasks(filter: { search: $search }) { nodes { id } } }';
    expectRefusal(await exchange.ask('max', users, { search: 'a\u0000b' }), 'BAD_USER_INPUT');
    expectRefusal(await exchange.ask('kiwi', tasks, { search: 'a\u0000b' }), 'BAD_USER_INPUT');
    expectRefusal(await exchange.ask('kiwi', tasks, { search: text(201) }), 'BAD_USER_INPUT');
    for (const search of ['%', '_', '\\', "'"]) {
      expect(await exchange.data('max', users, { search })).toEqual({ users: { totalCount: 0, nodes: [] } });
      expect(await exchange.data('kiwi', tasks, { search })).toEqual({ tasks: { nodes: [] } });
    }
  });

  test('a filter by a malformed id is refused, by an unknown one finds nothing', async () => {
    const query = 'query ($filter: TaskFilter) { tasks(filter: $filter) { nodes { id } } }';
    for (const name of ['assigneeId', 'creatorId']) {
      expectRefusal(await exchange.ask('kiwi', query, { filter: { [name]: 'nonsense' } }), 'BAD_USER_INPUT');
      expect(await exchange.data('kiwi', query, { filter: { [name]: newId() } })).toEqual({
        tasks: { nodes: [] },
      });
    }
    expectRefusal(await exchange.ask('kiwi', query, { filter: { status: 'LOST' } }), 'BAD_USER_INPUT');
  });

  test.each([
    ['companyDay', 'iris', 'query ($day: Date) { companyDay(day: $day) { earned } }'],
    ['payoutRun', 'iris', 'query ($day: Date!) { payoutRun(day: $day) { id } }'],
    ['Account.auditLog', 'kiwi', 'query ($day: Date) { myAccount { auditLog(day: $day) { nodes { id } } } }'],
    ['analyticsDay', 'ada', 'query ($day: Date) { analyticsDay(day: $day) { day } }'],
    [
      'mostExpensiveTask',
      'ada',
      'query ($day: Date) { mostExpensiveTask(period: WEEK, on: $day) { reward } }',
    ],
    ['companyDays', 'iris', 'query ($day: Date) { companyDays(from: $day, to: $day) { earned } }'],
    ['analyticsDays', 'ada', 'query ($day: Date!) { analyticsDays(from: $day, to: $day) { day } }'],
  ])('%s: a day that does not exist is refused', async (_, login, query) => {
    for (const day of [
      '2026-02-30',
      '2025-02-29',
      '2026-13-01',
      '2026-1-1',
      '26-01-01',
      'today',
      '',
      '0000-01-01',
      20260101,
      '2026-01-01T00:00:00Z',
    ])
      expectRefusal(await exchange.ask(login, query, { day }), 'BAD_USER_INPUT');
  });

  test('a day that does not exist is refused where it stands in the query itself', async () => {
    expectRefusal(
      await exchange.ask('iris', '{ companyDay(day: "2026-02-30") { earned } }'),
      'BAD_USER_INPUT',
    );
    expectRefusal(await exchange.ask('iris', '{ companyDay(day: 5) { earned } }'), 'BAD_USER_INPUT');
  });

  test.each([
    [
      'companyDays',
      'iris',
      'query ($from: Date!, $to: Date!) { found: companyDays(from: $from, to: $to) { day } }',
    ],
    [
      'analyticsDays',
      'ada',
      'query ($from: Date!, $to: Date!) { found: analyticsDays(from: $from, to: $to) { day } }',
    ],
  ])('%s: a range has at most 366 days and does not end before it begins', async (_, login, query) => {
    const ranges = [
      ['2025-01-01', '2026-01-02'],
      ['0001-01-01', '9999-12-31'],
      ['2026-01-02', '2026-01-01'],
    ];
    for (const [from, to] of ranges)
      expectRefusal(await exchange.ask(login, query, { from, to }), 'BAD_USER_INPUT');
    const { found } = await exchange.data(login, query, { from: '2024-01-01', to: '2024-12-31' });
    expect(found.length).toBe(366);
  });

  test('mostExpensiveTask in a period that does not exist', async () => {
    const answer = await exchange.ask('ada', '{ mostExpensiveTask(period: YEAR) { reward } }');
    expectRefusal(answer, /^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/);
  });

  test('days at the ends of what can be written are days', async () => {
    for (const day of ['0001-01-01', '9999-12-31'])
      expect(
        (await exchange.data('iris', 'query ($day: Date) { companyDay(day: $day) { earned } }', { day }))
          .companyDay,
      ).toEqual({ earned: '0.00' });
  });
});

describe('idempotency keys', () => {
  const tasksIn = async () =>
    (await clients.get('tracker')?.query('select count(*)::int as n from task'))?.rows[0].n;

  test('the same key and arguments make one task, also at once', async () => {
    const input = { title: '[POPUG-7] - Fill the bowl', description: 'with seeds', idempotencyKey: 'once' };
    const before = await tasksIn();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => exchange.data('kiwi', createTask, { input })),
    );
    answers.push(await exchange.data('kiwi', createTask, { input }));
    expect(new Set(answers.map(({ createTask: { id } }) => id)).size).toBe(1);
    expect(await tasksIn()).toBe(before + 1);
  });

  test('another user’s key, and another mutation’s, is another key', async () => {
    const input = { title: 'Fill the bowl', idempotencyKey: 'shared' };
    const [one, other] = [
      await exchange.data('max', createTask, { input }),
      await exchange.data('rio', createTask, { input }),
    ];
    expect(one.createTask.id).not.toBe(other.createTask.id);
    await exchange.data('max', 'mutation { reassignTasks(idempotencyKey: "shared") { id } }');
    await exchange.settle();
  });

  test('a press with the same key is the same press, even when its run has ended', async () => {
    const press =
      'mutation ($on: OnRunning!) { reassignTasks(onRunning: $on, idempotencyKey: "press") { id } }';
    const first = await exchange.data('max', press, { on: 'JOIN' });
    await exchange.settle();
    expect(await exchange.data('max', press, { on: 'JOIN' })).toEqual(first);
    expectRefusal(await exchange.ask('max', press, { on: 'QUEUE' }), 'CONFLICT');
  });

  test('a refused call does not use up its key', async () => {
    const key = 'refused at first';
    expectRefusal(
      await exchange.ask('kiwi', createTask, { input: { title: '', idempotencyKey: key } }),
      'BAD_USER_INPUT',
    );
    const before = await tasksIn();
    await exchange.data('kiwi', createTask, { input: { title: 'Better', idempotencyKey: key } });
    expect(await tasksIn()).toBe(before + 1);
  });

  test('a key is remembered for 30 days', async () => {
    const input = { title: 'Monthly cleaning', idempotencyKey: 'monthly' };
    const first = await exchange.data('kiwi', createTask, { input });
    exchange.clock.advance(29 * 86_400_000);
    expect(await exchange.data('kiwi', createTask, { input })).toEqual(first);
    exchange.clock.advance(2 * 86_400_000);
    const later = await exchange.data('kiwi', createTask, { input });
    expect(later.createTask.id).not.toBe(first.createTask.id);
  });
});

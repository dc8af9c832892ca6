import { readFileSync } from 'node:fs';
import { newId } from '@ates/kit/process/ids';
import { parse } from 'graphql';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Asker, accessTable, askers } from './accessTable.ts';
import { asSuperuser, type ServiceName } from './support/databases.ts';
import { type Exchange, startExchange } from './support/exchange.ts';

/** The call of one cell: the login, the query, and the path of the field in the answer. */
interface Call {
  readonly as: string | null;
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly path: readonly string[];
}

const loginOf: Record<Asker, string | null> = {
  nobody: null,
  EMPLOYEE: 'kiwi',
  ACCOUNTANT: 'iris',
  MANAGER: 'max',
  ADMIN: 'ada',
};

let exchange: Exchange;
let drawn = (_bound: number) => 0;
const idOf = new Map<string, string>();

beforeAll(async () => {
  exchange = await startExchange({ random: { below: (bound) => drawn(bound) } });
  for (const login of ['kiwi', 'iris', 'max', 'ada', 'rio']) {
    idOf.set(login, (await exchange.data(login, '{ me { id } }')).me.id);
  }
  // Today has a most expensive task, and is closed.
  const task = await taskOf('kiwi');
  await exchange.data('kiwi', 'mutation ($id: ID!) { resolveTask(id: $id) { id } }', { id: task });
  await exchange.data('ada', 'mutation { closeDay { id } }');
  await exchange.settle();
});
afterAll(() => exchange?.stop());

let made = 0;

/** Makes a new user of this role, with a session. */
async function freshUser(role: Asker = 'EMPLOYEE') {
  const login = `fresh${++made}`;
  const beakShape = `the beak of number ${made}`;
  const { createAccount } = await exchange.data(
    'ada',
    'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { id } }',
    { input: { login, name: `Fresh ${made}`, email: `${login}@popug.example`, beakShape, role } },
  );
  const id: string = createAccount.id;
  await exchange.token(login, beakShape);
  return { login, id, beakShape };
}

/** Creates a task that this person holds: the draw counts people in the order in which they came. */
async function taskOf(login: string): Promise<string> {
  const place = ['iris', 'kiwi', 'rio'].indexOf(login);
  drawn = (bound) => (place < 0 ? bound - 1 : place);
  const { createTask } = await exchange.data(
    'rio',
    'mutation { createTask(input: { title: "Clean the cage" }) { id assignee { id } } }',
  );
  expect(createTask.assignee.id).toBe(idOf.get(login) ?? login);
  return createTask.id;
}

async function deadLetterIn(service: ServiceName): Promise<string> {
  const client = new pg.Client({ connectionString: asSuperuser(exchange.databases[service]) });
  await client.connect();
  const id = newId();
  await client.query(
    `insert into dead_letter (id, consumer, event, lane, fact, error, attempts, failed_at)
     values ($1, 'nobody', 'nothing.happened.v1', 'interactive', '{}', 'made by a test', 1, now())`,
    [id],
  );
  await client.end();
  return id;
}

async function heldEventIn(service: ServiceName): Promise<string> {
  const client = new pg.Client({ connectionString: asSuperuser(exchange.databases[service]) });
  await client.connect();
  const id = newId();
  // Its consumer does not exist, so no process tries it.
  await client.query(
    `insert into held_event (id, consumer, event_id, event, lane, payload, held_at)
     values ($1, 'nobody', $1, 'nothing.happened.v1', 'interactive', '{}', now())`,
    [id],
  );
  await client.end();
  return id;
}

/** The calls of admins for the dead letters and held events of a service. */
const putAside = (service: ServiceName): Record<string, (asker: Asker) => Promise<Call>> => {
  const name = `${service[0]?.toUpperCase()}${service.slice(1)}`;
  const ofLetter = async () => ({ id: await deadLetterIn(service) });
  const ofEvent = async () => ({ id: await heldEventIn(service) });
  const ofKind = '(event: "nothing.happened.v1")';
  return {
    [`Query.${service}DeadLetters`]: root(`${service}DeadLetters`, '{ id }'),
    [`Query.${service}HeldEvents`]: root(`${service}HeldEvents`, '{ id }'),
    [`Mutation.resend${name}DeadLetter`]: root(`resend${name}DeadLetter(id: $id)`, 'mutation', ofLetter),
    [`Mutation.resend${name}DeadLetters`]: root(`resend${name}DeadLetters${ofKind}`, 'mutation'),
    [`Mutation.discard${name}DeadLetter`]: root(`discard${name}DeadLetter(id: $id)`, 'mutation', ofLetter),
    [`Mutation.discard${name}DeadLetters`]: root(`discard${name}DeadLetters${ofKind}`, 'mutation'),
    [`Mutation.discard${name}HeldEvent`]: root(`discard${name}HeldEvent(id: $id)`, 'mutation', ofEvent),
  };
};

const signedInTo = (asker: Asker) => idOf.get(loginOf[asker] ?? 'kiwi') as string;
const root =
  (field: string, selection: string, variables?: () => Promise<Record<string, unknown>>) =>
  async (asker: Asker): Promise<Call> => {
    const given = (await variables?.()) ?? {};
    return {
      as: loginOf[asker],
      query: operation(field, selection, given),
      variables: given,
      path: [field.split('(')[0] as string],
    };
  };

/** Writes an operation that declares the given variables with the types of its arguments. */
function operation(field: string, selection: string, given: Record<string, unknown>): string {
  const types: Record<string, string> = {
    id: 'ID!',
    userId: 'ID!',
    input: 'CreateAccountInput!',
    beakShape: 'String!',
    login: 'String!',
    refreshToken: 'String',
    day: 'Date!',
  };
  const declared = Object.keys(given).map((name) => `$${name}: ${types[name]}`);
  return `${selection.startsWith('mutation') ? 'mutation' : 'query'}${declared.length ? ` (${declared.join(', ')})` : ''} { ${field} ${selection.replace(/^mutation/, '')} }`;
}

const ofUser =
  (field: string, whose: 'own' | "another's") =>
  async (asker: Asker): Promise<Call> => ({
    as: loginOf[asker],
    query: `query ($id: ID!) { user(id: $id) { ${field} } }`,
    variables: { id: whose === 'own' ? signedInTo(asker) : (idOf.get('rio') as string) },
    path: ['user', field.split(/[ ({]/)[0] as string],
  });
const ofTask =
  (field: string) =>
  async (asker: Asker): Promise<Call> => ({
    as: loginOf[asker],
    query: `query ($id: ID!) { task(id: $id) { ${field} } }`,
    variables: { id: await taskOf('rio') },
    path: ['task', field],
  });
const ofFreshUser = (mutation: string) =>
  root(mutation, 'mutation { id }', async () => ({ userId: (await freshUser()).id }));
const today = () => exchange.clock.now().toISOString().slice(0, 10);
const reassign = async () => {
  const { reassignTasks } = await exchange.data('max', 'mutation { reassignTasks { id } }');
  return { id: reassignTasks.id as string };
};

/** Makes the call of each row of the table, with new arguments each time. */
const calls: Record<string, (asker: Asker) => Promise<Call>> = {
  'Query.me': root('me', '{ id }'),
  'Query.user': root('user(id: $id)', '{ id }', async () => ({ id: idOf.get('rio') })),
  'Query.users': root('users', '{ totalCount nodes { id } }'),
  'User.id, name, role, active': async (asker) => ({
    ...(await ofUser('id name role active', "another's")(asker)),
    path: ['user', 'active'],
  }),
  'User.login (own)': ofUser('login', 'own'),
  "User.login (another's)": ofUser('login', "another's"),
  'User.createdAt (own)': ofUser('createdAt', 'own'),
  "User.createdAt (another's)": ofUser('createdAt', "another's"),
  'User.email (own)': ofUser('email', 'own'),
  "User.email (another's)": ofUser('email', "another's"),
  'Mutation.login': root(
    'login(login: $login, beakShape: $beakShape)',
    'mutation { accessToken }',
    async () => {
      const { login, beakShape } = await freshUser();
      return { login, beakShape };
    },
  ),
  'Mutation.refreshSession': root(
    'refreshSession(refreshToken: $refreshToken)',
    'mutation { accessToken }',
    async () => {
      const { login, beakShape } = await freshUser();
      const answer = await exchange.data(
        null,
        'mutation ($login: String!, $shape: String!) { login(login: $login, beakShape: $shape) { refreshToken } }',
        { login, shape: beakShape },
      );
      return { refreshToken: answer.login.refreshToken };
    },
  ),
  'Mutation.logout': async (asker) => ({
    as: asker === 'nobody' ? null : (await freshUser(asker)).login,
    query: 'mutation { logout }',
    path: ['logout'],
  }),
  'Mutation.createAccount': root('createAccount(input: $input)', 'mutation { id }', async () => ({
    input: {
      login: `made${++made}`,
      name: 'Polly',
      email: 'polly@popug.example',
      beakShape: 'long and straight',
    },
  })),
  'Mutation.changeRole': ofFreshUser('changeRole(userId: $userId, role: ACCOUNTANT)'),
  'Mutation.deactivateUser': ofFreshUser('deactivateUser(userId: $userId)'),
  'Mutation.reactivateUser': ofFreshUser('reactivateUser(userId: $userId)'),
  'Mutation.resetBeakShape': ofFreshUser('resetBeakShape(userId: $userId, beakShape: "bent to the left")'),
  'Mutation.changeEmail': ofFreshUser('changeEmail(userId: $userId, email: "new@popug.example")'),

  'Query.node': root('node(id: $id)', '{ id }', async () => ({ id: idOf.get('rio') })),
  'Query.task': root('task(id: $id)', '{ id title }', async () => ({ id: await taskOf('rio') })),
  'Query.tasks': root('tasks', '{ nodes { id } }'),
  'Query.myTasks': root('myTasks', '{ nodes { id } }'),
  'Query.reassignment': root('reassignment(id: $id)', '{ id }', reassign),
  'Query.reassignments': root('reassignments', '{ nodes { id } }'),
  'User.tasks (own)': ofUser('tasks { nodes { id } }', 'own'),
  "User.tasks (another's)": ofUser('tasks { nodes { id } }', "another's"),
  'User.openTaskCount (own)': ofUser('openTaskCount', 'own'),
  "User.openTaskCount (another's)": ofUser('openTaskCount', "another's"),
  'Mutation.createTask': root('createTask(input: { title: "Fill the bowl" })', 'mutation { id }'),
  'Mutation.resolveTask (own)': async (asker) => {
    const { id, login } = await freshUser();
    await exchange.settle();
    const task = await taskOf(id);
    await exchange.data(
      'ada',
      'mutation ($id: ID!, $role: Role!) { changeRole(userId: $id, role: $role) { id } }',
      {
        id,
        role: asker === 'nobody' ? 'EMPLOYEE' : asker,
      },
    );
    await exchange.settle();
    const call = { query: 'mutation ($id: ID!) { resolveTask(id: $id) { id } }', path: ['resolveTask'] };
    return { ...call, as: asker === 'nobody' ? null : login, variables: { id: task } };
  },
  "Mutation.resolveTask (another's)": root('resolveTask(id: $id)', 'mutation { id }', async () => ({
    id: await taskOf('rio'),
  })),
  'Mutation.reassignTasks': root('reassignTasks', 'mutation { id }'),
  'Mutation.cancelReassignment': root('cancelReassignment(id: $id)', 'mutation { id }', reassign),
  ...putAside('tracker'),

  'Task.assignmentFee': ofTask('assignmentFee'),
  'Task.completionReward': ofTask('completionReward'),
  'User.account (own)': ofUser('account { balance }', 'own'),
  "User.account (another's)": ofUser('account { balance }', "another's"),
  'Query.myAccount': root('myAccount', '{ balance }'),
  'Query.account (own)': async (asker) => ({
    as: loginOf[asker],
    query: 'query ($id: ID!) { account(id: $id) { balance auditLog { nodes { id } } } }',
    variables: { id: signedInTo(asker) },
    path: ['account'],
  }),
  "Query.account (another's)": root('account(id: $id)', '{ balance }', async () => ({ id: idOf.get('rio') })),
  'Query.accounts': root('accounts', '{ nodes { id } }'),
  'Query.companyDay': root('companyDay', '{ earned }'),
  'Query.companyDays': root('companyDays', '{ earned }'),
  'Query.company': root('company', '{ today }'),
  'Query.payoutRuns': root('payoutRuns', '{ nodes { id } }'),
  'Query.payoutRun': root('payoutRun(day: $day)', '{ id }', async () => ({ day: today() })),
  'Query.ledgerAudit': root('ledgerAudit', '{ ok }'),
  'Mutation.closeDay': root('closeDay', 'mutation { id }'),
  ...putAside('accounting'),

  'Query.analyticsDay': root('analyticsDay', '{ day }'),
  'Query.analyticsDays': root('analyticsDays(from: "2026-01-01", to: "2026-01-02")', '{ day }'),
  'Query.mostExpensiveTask': root('mostExpensiveTask(period: MONTH)', '{ reward }'),
  ...putAside('analytics'),
};

/** Returns the outcome of a call in the table's words; in full where the table has no word for it. */
async function outcomeOf({ as, query, variables, path }: Call): Promise<string> {
  const { data, errors } = await exchange.ask(as, query, variables);
  if (errors) return errors[0]?.extensions.code ?? JSON.stringify(errors);
  let value: any = data;
  for (const name of path) {
    if (value === null || value === undefined) return `nothing at ${path.join('.')}: ${JSON.stringify(data)}`;
    value = value[name];
  }
  if (value === undefined) return `nothing at ${path.join('.')}: ${JSON.stringify(data)}`;
  return value === null ? 'null' : 'ok';
}

const fieldOf = (name: string) => name.replace(/[ ,].*$/, '');

describe('who gets what', () => {
  for (const [name, expected] of Object.entries(accessTable)) {
    test(name, async () => {
      const prepare = calls[name];
      if (!prepare) throw new Error(`${name} has a row in the table, and nothing here asks for it`);
      // Without workers the run waits and can be cancelled. With workers it may have ended.
      const holdsRuns = name.includes('cancelReassignment');
      if (holdsRuns) await exchange.stopWorkers();
      try {
        const found: Record<string, string> = {};
        for (const asker of askers) found[asker] = await outcomeOf(await prepare(asker));
        expect(found).toEqual(expected);
      } finally {
        if (holdsRuns) await exchange.startWorkers();
      }
    });
  }
});

test('every query and every mutation that the gateway serves has a row, and every row such a field', async () => {
  const { __schema } = await exchange.data(
    null,
    '{ __schema { queryType { fields { name } } mutationType { fields { name } } } }',
  );
  const served = [
    ...__schema.queryType.fields.map(({ name }: { name: string }) => `Query.${name}`),
    ...__schema.mutationType.fields.map(({ name }: { name: string }) => `Mutation.${name}`),
  ];
  const rows = Object.keys(accessTable).map(fieldOf);
  expect([...new Set(rows.filter((field) => /^(Query|Mutation)\./.test(field)))].sort()).toEqual(
    served.sort(),
  );
  expect(Object.keys(calls).sort()).toEqual(Object.keys(accessTable).sort());
});

test('every other field that is guarded by a directive has a row', () => {
  const supergraph = parse(readFileSync(new URL('../schema/supergraph.graphql', import.meta.url), 'utf8'));
  const rows = new Set(Object.keys(accessTable).map(fieldOf));
  const guarded = supergraph.definitions.flatMap((type) =>
    type.kind === 'ObjectTypeDefinition' && !['Query', 'Mutation', 'Subscription'].includes(type.name.value)
      ? (type.fields ?? [])
          .filter((field) =>
            field.directives?.some(({ name }) => ['authenticated', 'requiresScopes'].includes(name.value)),
          )
          .map((field) => `${type.name.value}.${field.name.value}`)
      : [],
  );
  expect(guarded).not.toEqual([]);
  expect(guarded.filter((field) => !rows.has(field))).toEqual([]);
});

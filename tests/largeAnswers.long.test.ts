import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Supergraph } from '@apollo/federation-internals';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { withoutSecurityMark } from '@ates/gateway/supergraph/supergraphLinks';
import { type RunningSystem, startSystem } from '@ates/system/startSystem';
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The largest queries of one person, and the answers that all others get meanwhile. */

const taskCount = 1_000;
const mostMiB = 450;

let directory: string;
let system: RunningSystem;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'exchange-large-'));
  system = await startSystem({
    dataDir: directory,
    port: 0,
    durable: false,
    environment: {
      LOG_LEVEL: 'error',
      ...(process.env.QUEUE_BACKEND && { QUEUE_BACKEND: process.env.QUEUE_BACKEND }),
    },
  });
  const { id } = (await ask(await logIn('kiwi'), '{ me { id } }')).data.me;
  const tracker = new pg.Client({ connectionString: superuserOf('tracker') });
  await tracker.connect();
  await tracker.query(
    `with made as (select uuidv7() as id, uuidv7() as assignment_id from generate_series(1, ${taskCount})),
       described as (
         insert into task (id, title, jira_id, description, creator_id, created_at)
         select id, repeat('籠', 200), 'POPUG-1', repeat('掃', 10000), $1, now() from made
       ), assigned as (
         insert into assignment (id, task_id, assignee_id, assigned_at) select assignment_id, id, $1, now() from made
       )
     insert into open_task (task_id, assignee_id, assignment_id, assigned_at) select id, $1, assignment_id, now() from made`,
    [id],
  );
  await tracker.end();
});
afterAll(async () => {
  await system?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function superuserOf(service: 'tracker'): string {
  const url = new URL(system.superuserUrl as string);
  url.pathname = new URL(system.databases[service].url).pathname;
  return url.href;
}

async function ask(token: string | null, query: string): Promise<any> {
  const response = await fetch(system.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  return { ...JSON.parse(text), bytes: text.length };
}

async function logIn(login: string): Promise<string> {
  const shape = demoCompany.find((account) => account.login === login)?.beakShape;
  const { data } = await ask(
    null,
    `mutation { login(login: "${login}", beakShape: "${shape}") { accessToken } }`,
  );
  return data.login.accessToken;
}

const parts = ['auth', 'tracker', 'accounting', 'analytics', 'workers', 'gateway'] as const;
const pids = () => Object.fromEntries(parts.map((part) => [part, system.pids[part]]));

/** Returns the peak memory of each process since `forgetPeaks`, in MiB. */
const peaks = () =>
  Object.fromEntries(
    parts.map((part) => [
      part,
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${system.pids[part]}/status`, 'utf8'))?.[1]) / 1024,
    ]),
  );
const forgetPeaks = () => {
  for (const part of parts) writeFileSync(`/proc/${system.pids[part]}/clear_refs`, '5');
};

/** Sends each query ten times at once as one person, while another sends small ones. Returns the codes by query. */
async function sendTenAtOnce(queries: readonly string[]): Promise<Map<string, Set<string>>> {
  const [ada, rio] = [await logIn('ada'), await logIn('rio')];
  const outcomes = new Map<string, Set<string>>();
  let over = false;
  let answered = 0;
  const other = (async () => {
    while (!over) {
      const { data, errors } = await ask(rio, '{ me { id } tasks(first: 1) { nodes { id } } }');
      expect(errors).toBeUndefined();
      expect(data.tasks.nodes).toHaveLength(1);
      answered++;
    }
  })();
  for (const query of queries) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(ada, query)));
    outcomes.set(
      query,
      new Set(answers.map(({ errors }) => (errors ? String(errors[0].extensions?.code) : 'answered'))),
    );
  }
  over = true;
  await other;
  expect(answered).toBeGreaterThan(queries.length / 10);
  return outcomes;
}

const supergraph = readFileSync(
  fileURLToPath(new URL('../schema/supergraph.graphql', import.meta.url)),
  'utf8',
);
const schema = Supergraph.build(withoutSecurityMark(supergraph), { validateSupergraph: false })
  .apiSchema()
  .toGraphQLJSSchema();

/** Returns the text that queries all of a list or page, and the type of its elements; null for any other field. */
function listOf(
  field: GraphQLField<unknown, unknown>,
): { open: string; close: string; of: GraphQLObjectType } | null {
  const required = field.args.filter(isRequiredArgument);
  const values: Record<string, string> = { from: '"2026-01-01"', to: '"2026-12-31"' };
  if (required.some(({ name }) => !(name in values))) return null;
  const given = [
    ...required.map(({ name }) => `${name}: ${values[name]}`),
    ...(field.args.some(({ name }) => name === 'first') ? ['first: 200'] : []),
  ];
  const args = given.length > 0 ? `(${given.join(', ')})` : '';
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return null;
  const nodes = type.getFields().nodes;
  if (nodes)
    return {
      open: `${field.name}${args} { nodes {`,
      close: '} }',
      of: getNamedType(nodes.type) as GraphQLObjectType,
    };
  if (
    isListType(getNullableType(field.type)) ||
    isListType(getNullableType(getNullableType(field.type) as never))
  )
    return { open: `${field.name}${args} {`, close: '}', of: type };
  return null;
}
const fieldsOf = (type: GraphQLObjectType) => Object.values(type.getFields());
const textsOf = (type: GraphQLObjectType) =>
  fieldsOf(type)
    .filter(({ type: of, args }) => getNamedType(of).name === 'String' && args.length === 0)
    .map(({ name }) => name);
/** Returns a type and the objects that it refers to. */
const reachedFrom = (type: GraphQLObjectType): { path: string; of: GraphQLObjectType }[] => [
  { path: '', of: type },
  ...fieldsOf(type).flatMap((field) => {
    const of = getNamedType(field.type);
    const isPlain = isObjectType(of) && field.args.length === 0 && !listOf(field) && of.name !== 'PageInfo';
    return isPlain ? [{ path: field.name, of }] : [];
  }),
];

/**
 * Writes queries: each list of the contract with each text in it, and each list in a list, twice, with each text in
 * that.
 */
function variations(): string[] {
  const found: string[] = [];
  for (const root of fieldsOf(schema.getQueryType() as GraphQLObjectType)) {
    const outer = listOf(root);
    if (!outer) continue;
    for (const text of textsOf(outer.of)) found.push(`{ ${outer.open} ${text} ${outer.close} }`);
    for (const { path, of } of reachedFrom(outer.of)) {
      const wrap = (inner: string) => (path ? `${path} { ${inner} }` : inner);
      for (const field of fieldsOf(of)) {
        const inner = listOf(field);
        if (!inner) continue;
        for (const text of textsOf(inner.of)) {
          const list = `${inner.open} ${text} ${inner.close}`;
          found.push(`{ ${outer.open} ${wrap(`a: ${list} b: ${list}`)} ${outer.close} }`);
        }
      }
    }
  }
  return found;
}

test('the query that killed the tracker is refused, ten at once from one person, and others are answered', async () => {
  const before = pids();
  const query = `{ tasks(first: 200) { nodes { assignee {
    a: tasks(first: 200) { nodes { description } } b: tasks(first: 200) { nodes { description } } } } } }`;
  const outcomes = await sendTenAtOnce([query, query, query]);
  expect([...outcomes.values()]).toEqual([new Set(['BAD_USER_INPUT'])]);
  expect(pids()).toEqual(before);
});

test('no variation of it over the lists and texts of the contract ends a process or makes one large', async () => {
  const queries = variations();
  expect(queries.length).toBeGreaterThan(50);
  const before = pids();
  forgetPeaks();
  const outcomes = await sendTenAtOnce(queries);
  const codes = new Set([...outcomes.values()].flatMap((each) => [...each]));
  // Each query was answered or refused with a sentence; nothing broke.
  for (const code of codes) expect(['answered', 'BAD_USER_INPUT', 'TOO_MANY_REQUESTS']).toContain(code);
  expect(codes).toContain('answered');
  expect(codes).toContain('BAD_USER_INPUT');
  expect(pids()).toEqual(before);
  for (const [part, peak] of Object.entries(peaks())) expect(peak, part).toBeLessThan(mostMiB);
  console.log(
    `${queries.length} variations; peaks in MiB: ${JSON.stringify(peaks(), (_, v) => (typeof v === 'number' ? Math.round(v) : v))}`,
  );
});

import { ask, type BenchCompany, fillOpenTasks, settleStores } from '../company.ts';
import type { Benchmark } from '../context.ts';
import { quantile } from '../figures.ts';
import { closedLoop, fixedBody, perSecond } from '../load.ts';
import { say } from '../progress.ts';
import { pressAndWait } from './reassign.ts';

const wanted = { tasks: 1_000_000, entries: 5_000_000 };

/** Measures each list in its subgraph, with a million tasks and five million entries, against an empty query. */
export const read: Benchmark = async ({ backend, quick, tasks, company: openCompany }, report) => {
  const company = await openCompany();
  const size = quick ? 2_000 : (tasks ?? wanted.tasks);
  const entries = quick ? 4_000 : 5 * size;
  await fillOpenTasks(company, size);
  for (let there = await countEntries(company); there < entries; there = await countEntries(company)) {
    say(`${there} entries; one more reassignment`);
    await pressAndWait(company, { atLeast: size });
  }
  await settleStores(Object.values(company.databases));
  for (const { subgraph, login, what, query, variables } of await queries(company)) {
    const operation = {
      url: `${company.system.subgraphUrls.get(subgraph)}/graphql`,
      headers: {
        authorization: `Bearer ${await company.token(login)}`,
        'x-internal-secret': company.system.subgraphSecrets.get(subgraph) ?? '',
      },
    };
    const seconds = quick ? 0.3 : 1.5;
    const nothing = await closedLoop(
      { ...operation, body: fixedBody('{ __typename }') },
      { connections: 1, seconds: seconds / 3 },
    );
    const ours = await closedLoop(
      { ...operation, body: fixedBody(query, variables) },
      { connections: 1, seconds },
    );
    const ms = quantile(ours.latenciesMs, 0.5);
    report({
      bench: 'read',
      what,
      backend,
      values: { 'p50 ms': ms, 'p99 ms': quantile(ours.latenciesMs, 0.99), 'queries/s': perSecond(ours) },
      yardsticks: [
        {
          name: '{ __typename } p50 ms',
          value: quantile(nothing.latenciesMs, 0.5),
          ratio: ms / quantile(nothing.latenciesMs, 0.5),
        },
      ],
    });
  }
};

interface ReadQuery {
  readonly subgraph: string;
  readonly login: string;
  readonly what: string;
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

async function queries(company: BenchCompany): Promise<ReadQuery[]> {
  const { me } = await ask<{ me: { id: string } }>(
    company.system,
    await company.token('kiwi'),
    '{ me { id } }',
  );
  const nodes = 'nodes { id title status assignedAt assignee { id } } pageInfo { hasNextPage endCursor }';
  const tasks = (what: string, filter: Record<string, unknown>, login = 'kiwi'): ReadQuery => ({
    subgraph: 'tracker',
    login,
    what: `tasks: ${what}`,
    query: `query ($filter: TaskFilter) { tasks(filter: $filter, first: 50) { ${nodes} } }`,
    variables: { filter },
  });
  const entries = 'nodes { id amount balanceAfter description } pageInfo { hasNextPage endCursor }';
  return [
    { subgraph: 'tracker', login: 'kiwi', what: 'myTasks', query: `{ myTasks(first: 50) { ${nodes} } }` },
    {
      subgraph: 'tracker',
      login: 'kiwi',
      what: 'myTasks, in progress',
      query: `{ myTasks(status: IN_PROGRESS, first: 50) { ${nodes} } }`,
    },
    tasks('all', {}),
    tasks('in progress', { status: 'IN_PROGRESS' }),
    tasks('done', { status: 'DONE' }),
    tasks('of an assignee', { assigneeId: me.id }),
    tasks('of an assignee, in progress', { assigneeId: me.id, status: 'IN_PROGRESS' }),
    tasks('of nobody', { assigneeId: '00000000-0000-7000-8000-000000000000' }),
    tasks('of a creator', { creatorId: me.id }),
    tasks('with a word that is common', { search: 'mirror' }),
    tasks('with a word that is rare', { search: 'POPUG-4711' }),
    tasks('with a word that is nowhere', { search: 'xylophone' }),
    tasks('with two letters', { search: 'xy' }),
    {
      subgraph: 'accounting',
      login: 'kiwi',
      what: 'auditLog',
      query: `{ myAccount { balance earnedToday auditLog(first: 50) { ${entries} } } }`,
    },
    {
      subgraph: 'accounting',
      login: 'kiwi',
      what: 'auditLog of a day',
      query: `query ($day: Date) { myAccount { auditLog(day: $day, first: 50) { ${entries} } } }`,
      variables: { day: new Date().toISOString().slice(0, 10) },
    },
    {
      subgraph: 'accounting',
      login: 'iris',
      what: 'accounts',
      query: '{ accounts(first: 50) { nodes { id balance earnedToday } } }',
    },
    {
      subgraph: 'accounting',
      login: 'iris',
      what: 'companyDays',
      query: '{ companyDays { day earned feesCharged rewardsPaid paidOut closed } }',
    },
    {
      subgraph: 'analytics',
      login: 'ada',
      what: 'analyticsDays',
      query: `query ($from: Date!, $to: Date!) {
        analyticsDays(from: $from, to: $to) { day topManagementEarned employeesInTheRed tasksCreated assignments }
      }`,
      variables: {
        from: new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10),
        to: new Date().toISOString().slice(0, 10),
      },
    },
  ];
}

async function countEntries({ databases }: BenchCompany): Promise<number> {
  const { rows } = await databases.accounting.query<{ n: string | null }>(
    'select sum(last_number) as n from account',
  );
  return Number(rows[0]?.n ?? 0);
}

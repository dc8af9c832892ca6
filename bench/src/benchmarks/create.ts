import { newId } from '@ates/kit/process/ids';
import pg from 'pg';
import { type BenchCompany, openCompany } from '../company.ts';
import type { Benchmark } from '../context.ts';
import { type Figure, spread } from '../figures.ts';
import { closedLoop, type LoadResult, perSecond } from '../load.ts';
import { nodeProcesses, readPeaks, resetPeaks } from '../machine.ts';

const mutation = 'mutation ($title: String!) { createTask(input: { title: $title }) { id assignee { id } } }';

/** Measures `createTask` through the gateway, against the same transaction by pg alone. */
export const create: Benchmark = async ({ backend, quick }, report) => {
  // A separate company: other benchmarks must not reassign the tasks that are created here.
  const company = await openCompany(backend, 100);
  try {
    await measure(company, quick, report);
  } finally {
    await company.close();
  }
};

async function measure(
  company: BenchCompany,
  quick: boolean,
  report: (figure: Figure) => void,
): Promise<void> {
  const authorization = `Bearer ${await company.token('kiwi')}`;
  let count = 0;
  const operation = {
    url: company.system.graphqlUrl,
    headers: { authorization },
    body: () => JSON.stringify({ query: mutation, variables: { title: `Sweep the perch no. ${++count}` } }),
  };
  // Not measured: new processes are still compiling their code.
  await closedLoop(operation, { connections: 8, seconds: quick ? 0.5 : 3 });
  for (const connections of quick ? [8] : [1, 8, 32]) {
    const seconds = quick ? 1 : 6;
    resetPeaks(nodeProcesses(company.system));
    const ours = await closedLoop(operation, { connections, seconds });
    const bare = await insertByPg(company, { connections, seconds });
    report({
      bench: 'create',
      what: `${connections} connections`,
      backend: company.backend,
      values: { 'tasks/s': perSecond(ours), ...spread('createTask', ours.latenciesMs) },
      yardsticks: [
        {
          name: 'the same transaction by pg alone, tasks/s',
          value: perSecond(bare),
          ratio: perSecond(ours) / perSecond(bare),
        },
      ],
      peakMiB: readPeaks(nodeProcesses(company.system)),
    });
  }
}

/** Writes the rows of `createTask` by pg alone, in as few statements as possible: begin, draw, insert, commit. */
async function insertByPg(
  company: BenchCompany,
  options: { connections: number; seconds: number },
): Promise<LoadResult> {
  const url = Object.assign(new URL(company.system.superuserUrl as string), { pathname: '/tracker' }).href;
  const latenciesMs: number[] = [];
  const began = performance.now();
  const end = began + options.seconds * 1_000;
  await Promise.all(
    Array.from({ length: options.connections }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        while (performance.now() < end) {
          const sentAt = performance.now();
          await createByPg(client);
          latenciesMs.push(performance.now() - sentAt);
        }
      } finally {
        await client.end();
      }
    }),
  );
  return { latenciesMs, seconds: (performance.now() - began) / 1_000 };
}

async function createByPg(client: pg.Client): Promise<void> {
  const [taskId, assignmentId] = [newId(), newId()];
  const now = new Date().toISOString();
  await client.query('begin');
  const { rows } = await client.query<{ id: string }>(
    `select id from user_copy where active and role not in ('MANAGER', 'ADMIN')
     offset floor(random() * (select count(*) from user_copy where active and role not in ('MANAGER', 'ADMIN'))) limit 1`,
  );
  const assigneeId = rows[0]?.id as string;
  await client.query(
    `with t as (insert into task (id, title, description, creator_id, created_at) values ($1, $2, '', $3, $5)),
       o as (insert into open_task (task_id, assignee_id, assignment_id, assigned_at) values ($1, $3, $4, $5))
     insert into assignment (id, task_id, assignee_id, assigned_at) values ($4, $1, $3, $5)`,
    [taskId, 'Sweep the perch by pg alone', assigneeId, assignmentId, now],
  );
  // Its two events, with their deliveries. These are never due, or the relay would send them.
  for (const event of ['tracker.tasks_created.v1', 'tracker.tasks_assigned.v1']) {
    const eventId = newId();
    await client.query(
      `with e as (insert into outbox_event (id, event, payload, created_at) values ($1, $2, $3, $4) returning id)
       insert into outbox_delivery (event_id, consumer, lane, next_at)
       select e.id, c, 'interactive', 'infinity' from e, unnest(array['yardstick 1', 'yardstick 2']) as c`,
      [
        eventId,
        event,
        JSON.stringify({ taskId: [taskId], assigneeId: [assigneeId], occurredAt: [now] }),
        now,
      ],
    );
  }
  await client.query('commit');
}

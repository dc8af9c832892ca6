import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isGraphqlError } from '../graphqlClient.ts';
import { importTasks } from '../importTasks.ts';
import { requestAs, type Session } from '../session.ts';
import type { Cast } from './people.ts';
import { waitUntil } from './waitUntil.ts';

/** How many tasks each person puts up by hand where the backlog was imported on an earlier day. */
const freshTasksEach = 4;
/** The most tasks that one person resolves in one step of the day. */
const mostResolved = 60;
/** The most attempts of an import that stops, a second apart: tracker may not know the users of a new company yet. */
const importAttempts = 10;

const chores = ['Water the palms', 'Oil the swing', 'Sort the millet', 'Polish the mirror'];

/** Imports the backlog, as the manager. Where it was imported before, everybody puts up some tasks by hand. */
export async function putUpTasks(
  client: Client,
  cast: Cast,
  file: string,
  print: (text: string) => void,
): Promise<string[]> {
  let shownQuarter = 0;
  const onProgress = ({ done, total }: { done: number; total: number }) => {
    const quarter = total === 0 ? 0 : Math.floor((done * 4) / total);
    if (quarter > shownQuarter) print(`  ${done} of ${total} rows`);
    shownQuarter = quarter;
  };
  print(`${cast.manager.user.name} imports the backlog.`);
  let report = await importTasks({ client, session: cast.manager, file, onProgress });
  let { created } = report;
  for (let attempt = 1; report.stopped !== null && attempt < importAttempts; attempt++) {
    await sleep(1_000);
    report = await importTasks({ client, session: cast.manager, file, onProgress });
    created += report.created;
  }
  print(`  ${created} of ${report.rowCount} rows are new tasks.`);
  if (created === 0) {
    for (const session of cast.everybody) await putUpChores(client, session);
    print(
      `  The backlog was imported before, so everybody puts up ${freshTasksEach} tasks by hand: ${cast.everybody.length * freshTasksEach} in all.`,
    );
  }
  return [
    ...(report.stopped ? [report.stopped] : []),
    ...report.problems.map(({ line, sentence }) => `Line ${line} of the backlog: ${sentence}.`),
  ];
}

async function putUpChores(client: Client, session: Session): Promise<void> {
  const document = `mutation PutUpTask($input: CreateTaskInput!) { createTask(input: $input) { id } }`;
  for (let number = 0; number < freshTasksEach; number++) {
    const title = `${chores[number % chores.length]} for ${session.user.name}`;
    await requestAs(client, session, document, { input: { title } });
  }
}

/**
 * Resolves some of the newest tasks of each person, and returns how many.
 * @param everyNth Returns n for the person at this place: of that person's tasks, every n-th is resolved.
 */
export async function resolveOwnTasks(
  client: Client,
  cast: Cast,
  everyNth: (place: number) => number,
): Promise<number> {
  const counts = await Promise.all(
    cast.everybody.map(async (session, place) => {
      const { myTasks } = await requestAs<{ myTasks: { nodes: { id: string }[] } }>(
        client,
        session,
        'query MyOpenTasks { myTasks(status: IN_PROGRESS, first: 200) { nodes { id } } }',
      );
      const chosen = myTasks.nodes.filter((_, at) => at % everyNth(place) === 0).slice(0, mostResolved);
      let resolved = 0;
      for (const { id } of chosen) if (await resolveTask(client, session, id)) resolved++;
      return resolved;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function resolveTask(client: Client, session: Session, id: string): Promise<boolean> {
  const document = 'mutation Resolve($id: ID!) { resolveTask(id: $id) { id } }';
  try {
    await requestAs(client, session, document, { id });
    return true;
  } catch (error) {
    // A manager has just pressed 'reassign': the task has another assignee now.
    if (isGraphqlError(error, 'FORBIDDEN', 'CONFLICT')) return false;
    throw error;
  }
}

interface Run {
  id: string;
  status: string;
  processed: number;
  total: number;
}

/** Reassigns all open tasks, as the manager, and waits until that is done. */
export async function reassignEverything(
  client: Client,
  cast: Cast,
  print: (text: string) => void,
  patienceSeconds: number,
): Promise<string[]> {
  const { manager } = cast;
  const fields = 'id status processed total';
  let { run } = await requestAs<{ run: Run }>(
    client,
    manager,
    `mutation Reassign { run: reassignTasks { ${fields} } }`,
  );
  print(`${manager.user.name} presses 'reassign'.`);
  const late = await waitUntil('the reassignment', patienceSeconds, async () => {
    const document = `query Progress($id: ID!) { run: reassignment(id: $id) { ${fields} } }`;
    run = (await requestAs<{ run: Run }>(client, manager, document, { id: run.id })).run;
    if (run.status !== 'QUEUED') print(`  ${run.processed} of ${run.total} tasks`);
    return run.status === 'QUEUED' || run.status === 'RUNNING' ? `it is ${run.status}` : null;
  });
  if (late) return [late];
  if (run.status !== 'COMPLETED') return [`The reassignment ended as ${run.status} instead of COMPLETED.`];
  return run.processed === run.total
    ? []
    : [`The reassignment is COMPLETED with ${run.processed} of ${run.total} tasks.`];
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type GraphqlError, isGraphqlError } from './graphqlClient.ts';
import { readBacklog } from './readBacklog.ts';
import { requestAs, type Session } from './session.ts';
import { nameOf, type Problem, type TaskRow } from './taskRow.ts';

export interface ImportOptions {
  readonly client: Client;
  readonly session: Session;
  /** A CSV file with the columns title, description and jira id, in any order; only title is required. */
  readonly file: string;
  /** Called with 0 once the file is read, and after each row that was sent. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** How long to wait before each repetition of a row that was not answered, in milliseconds. */
  readonly retryDelaysMs?: readonly number[];
}

export interface ImportProgress {
  readonly done: number;
  /** Rows that are sent. */
  readonly total: number;
}

export interface ImportReport {
  /** Rows in the file, without the header: `created + alreadyThere + problems.length + notImported`. */
  readonly rowCount: number;
  readonly created: number;
  /** Rows whose task this user had made before the import began. */
  readonly alreadyThere: number;
  /** Bad rows and rows that the server refused, by line. */
  readonly problems: readonly Problem[];
  /** Good rows without an answer when the import `stopped`: another import sends them again. */
  readonly notImported: number;
  /** Why the import stopped early, as a sentence; null where it did not. */
  readonly stopped: string | null;
}

/** The number of rows that are sent at the same time. */
const concurrency = 8;

/** Errors that every other row would get too. */
const codesThatStop = ['UNREACHABLE', 'BAD_ANSWER', 'UNAUTHENTICATED', 'NO_ELIGIBLE_ASSIGNEE'];
/** Errors that may pass. A row can be sent again after each of them: its key makes one task of all attempts. */
const codesToRetry = ['UNREACHABLE', 'TOO_MANY_REQUESTS'];

const createTaskDocument = `mutation ImportTask($input: CreateTaskInput!) {
  createTask(input: $input) { id createdAt }
}`;
const newestOwnTaskDocument = `query NewestOwnTask($creatorId: ID!) {
  tasks(filter: { creatorId: $creatorId }, first: 1) { nodes { createdAt } }
}`;

/**
 * Makes a task of every good row of a CSV file and reports what is wrong with the others. Repeated, it makes no task
 * twice: each row has a key by which tracker recognises it, per user and for 30 days.
 * @throws FileError where nothing can be read from the file, GraphqlError where the server fails before the first row.
 */
export async function importTasks(options: ImportOptions): Promise<ImportReport> {
  const { client, session, retryDelaysMs = [250, 1_000, 3_000] } = options;
  const { rows, rowCount, problems: badRows } = await readBacklog(options.file);
  const problems = [...badRows];
  const progress = { done: 0, total: rows.length };
  options.onProgress?.({ ...progress });
  if (rows.length === 0)
    return { rowCount, created: 0, alreadyThere: 0, problems, notImported: 0, stopped: null };

  const startedAfter = await newestOwnTask(client, session);
  let created = 0;
  let stopped: string | null = null;
  let next = 0;
  const sendRows = async (): Promise<void> => {
    for (let row = rows[next++]; row && stopped === null; row = rows[next++]) {
      try {
        const createdAt = await sendRow(client, session, row, retryDelaysMs);
        if (createdAt > startedAfter) created++;
        progress.done++;
      } catch (error) {
        if (!isGraphqlError(error)) {
          next = rows.length;
          throw error;
        }
        if (codesThatStop.includes(error.code)) {
          stopped ??= `Stopped at line ${row.line}: ${error.message}`;
          return;
        }
        problems.push({ line: row.line, sentence: refusalSentence(row, error) });
        progress.done++;
      }
      options.onProgress?.({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, rows.length) }, sendRows));

  const refused = problems.length - badRows.length;
  return {
    rowCount,
    created,
    alreadyThere: progress.done - created - refused,
    problems: problems.sort((a, b) => a.line - b.line),
    notImported: rows.length - progress.done,
    stopped,
  };
}

/**
 * Returns when this user's newest task was made, in milliseconds; minus infinity where there is none. The import has
 * made all later tasks. Both times are by tracker's clock, so that no two clocks have to agree.
 */
async function newestOwnTask(client: Client, session: Session): Promise<number> {
  const { tasks } = await requestAs<{ tasks: { nodes: { createdAt: string }[] } }>(
    client,
    session,
    newestOwnTaskDocument,
    { creatorId: session.user.id },
  );
  return tasks.nodes[0] ? Date.parse(tasks.nodes[0].createdAt) : Number.NEGATIVE_INFINITY;
}

/** Sends one row, again where needed, and returns when its task was made, in milliseconds. */
async function sendRow(
  client: Client,
  session: Session,
  row: TaskRow,
  retryDelaysMs: readonly number[],
): Promise<number> {
  const { title, description, jiraId, idempotencyKey } = row;
  const input = { title, description, idempotencyKey, ...(jiraId === null ? {} : { jiraId }) };
  for (let attempt = 0; ; attempt++) {
    try {
      const { createTask } = await requestAs<{ createTask: { createdAt: string } }>(
        client,
        session,
        createTaskDocument,
        { input },
      );
      return Date.parse(createTask.createdAt);
    } catch (error) {
      const delayMs = retryDelaysMs[attempt];
      if (delayMs === undefined || !isGraphqlError(error, ...codesToRetry)) throw error;
      await sleep(delayMs);
    }
  }
}

function refusalSentence(row: TaskRow, error: GraphqlError): string {
  if (error.code === 'CONFLICT' && row.identity !== null)
    return `${nameOf(row)} was imported before with another title or description`;
  return error.message.replace(/\.$/, '');
}

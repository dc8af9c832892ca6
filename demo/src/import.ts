import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings, SettingError } from '@ates/kit/process/settings';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { ask, askSecret } from './ask.ts';
import { type Client, createClient, isGraphqlError } from './graphqlClient.ts';
import { type ImportProgress, type ImportReport, importTasks } from './importTasks.ts';
import { checkFile, FileError } from './readBacklog.ts';
import { logIn, type Session } from './session.ts';

const usage = `Imports tasks from a CSV file with the columns title, description and jira id.

  npm run import -- FILE.csv [--url http://localhost:4000/graphql] [--login LOGIN]

The login is --login or IMPORT_LOGIN, the beak shape is IMPORT_BEAK_SHAPE or in the file that IMPORT_BEAK_SHAPE_FILE
names. What is missing is asked for.
A wrong row is reported and left out. You can repeat the import: no task is imported twice.`;

/** An error that the user at the terminal can correct: its message is shown as it is. */
class UsageError extends Error {
  override name = 'UsageError';
}

interface Arguments {
  file: string;
  url: string;
  login: string | undefined;
}

function parseOptions(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: { url: { type: 'string' }, login: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

/** Reads the command line; returns null where only help was asked for. */
function readArguments(argv: string[]): Arguments | null {
  const { values, positionals } = parseOptions(argv);
  if (values.help) return null;
  const [file] = positionals;
  if (file === undefined || positionals.length > 1)
    throw new UsageError(`Name one CSV file to import.\n\n${usage}`);
  const url = values.url ?? `http://localhost:${process.env.PORT?.trim() || 4000}/graphql`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`--url must be an address that starts with http:// or https://; it is "${url}".`);
  return {
    // npm runs scripts in the project's folder, but the file's name is relative to the folder where npm was called.
    file: resolve(process.env.INIT_CWD ?? '.', file),
    url,
    login: values.login ?? (process.env.IMPORT_LOGIN?.trim() || undefined),
  };
}

async function signIn(client: Client, givenLogin: string | undefined): Promise<Session> {
  const atTerminal = process.stdin.isTTY && process.stderr.isTTY;
  const missing = (what: string) =>
    new UsageError(
      `There is no ${what}, and no terminal to ask for it: set IMPORT_LOGIN and IMPORT_BEAK_SHAPE.`,
    );
  const login = givenLogin ?? (atTerminal ? await ask('Login: ') : undefined);
  if (login === undefined) throw missing('login');
  const { IMPORT_BEAK_SHAPE: fromEnvironment } = readSettings(
    { IMPORT_BEAK_SHAPE: z.string().optional() },
    process.env,
  );
  const beakShape =
    fromEnvironment ?? (atTerminal && login !== null ? await askSecret('Shape of your beak: ') : undefined);
  if (beakShape === undefined && login !== null) throw missing('beak shape');
  if (login === null || beakShape === null || beakShape === undefined)
    throw new UsageError('Nothing was imported.');
  try {
    return await logIn(client, login, beakShape);
  } catch (error) {
    if (isGraphqlError(error, 'UNAUTHENTICATED', 'BAD_USER_INPUT'))
      throw new UsageError(`Cannot log in as "${login}": ${error.message}`);
    throw error;
  }
}

/** Shows progress: a bar on a terminal, else a line at each tenth. */
function createProgressView(): { show(progress: ImportProgress): void; end(): void } {
  if (!process.stderr.isTTY) {
    let shownTenths = 0;
    return {
      show({ done, total }) {
        const tenths = total === 0 ? 0 : Math.floor((done * 10) / total);
        if (tenths > shownTenths) console.log(`${done} of ${total} rows`);
        shownTenths = tenths;
      },
      end() {},
    };
  }
  // The bar's own handler of Ctrl-C would keep the process from ending, so it is off.
  const bar = new SingleBar({
    format: 'Importing [{bar}] {percentage}% | {value} of {total} rows | {eta_formatted} left',
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    gracefulExit: false,
  });
  let started = false;
  return {
    show({ done, total }) {
      if (!started && total > 0) bar.start(total, 0);
      started ||= total > 0;
      bar.update(done);
    },
    end() {
      if (started) bar.stop();
    },
  };
}

/** Prints the report; returns true where there was no problem. */
function printReport(report: ImportReport): boolean {
  // A sentence may quote any text of the file, and a terminal obeys control characters.
  for (const { line, sentence } of report.problems)
    console.error(`line ${line}: ${sentence.replace(/\p{Cc}/gu, '?')}`);
  const bad = report.problems.length;
  const counts = [
    `already there: ${report.alreadyThere}`,
    ...(bad > 0 ? [`with errors: ${bad}`] : []),
    ...(report.notImported > 0 ? [`not tried or not answered: ${report.notImported}`] : []),
  ];
  console.log(`Imported ${report.created} of ${report.rowCount} rows (${counts.join(', ')}).`);
  if (report.stopped)
    console.error(`${report.stopped} Run the same command again: nothing will be imported twice.`);
  return bad === 0 && report.stopped === null;
}

/** Runs the command and returns its exit code. */
async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  if (!given) {
    console.log(usage);
    return 0;
  }
  // Before the user is asked for a beak shape.
  await checkFile(given.file);
  const client = createClient(given.url);
  const view = createProgressView();
  try {
    const session = await signIn(client, given.login);
    const report = await importTasks({ client, session, file: given.file, onProgress: view.show }).finally(
      view.end,
    );
    return printReport(report) ? 0 : 1;
  } finally {
    await client.close();
  }
}

/** Returns one sentence for an expected failure, the whole error for a surprise. */
function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof FileError || error instanceof SettingError)
    return error.message;
  if (isGraphqlError(error, 'UNREACHABLE'))
    return `The server cannot be reached (${error.message.replace(/\.$/, '')}): start it with npm start, or name another with --url.`;
  if (isGraphqlError(error)) return error.message;
  return String((error as Error).stack ?? error);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

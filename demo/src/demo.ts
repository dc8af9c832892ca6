import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SettingError } from '@ates/kit/process/settings';
import { type RunningSystem, startSystem } from '@ates/system/startSystem';
import { playCompanyDay } from './day/companyDay.ts';
import { DayError, demoLogIns } from './day/people.ts';
import { type Client, createClient, isGraphqlError } from './graphqlClient.ts';
import { logIn } from './session.ts';

const usage = `Plays a company's day through the public API and checks that the books balance.

  npm run demo [-- --url http://localhost:4000/graphql]

It plays on the system that answers there (PORT is taken from the environment), if the demo company works on it. Else
it starts a system of its own and removes it afterwards. Exit code 0 means that every sum holds.`;

/** The exit code that a shell reports for a command that Ctrl-C ended. */
const interruptedCode = 130;

const backlogFile = fileURLToPath(new URL('../backlog.csv', import.meta.url));

/** Settings of outside stores and mail that the environment may have: a temporary system must not use them. */
const outside = [
  ...['AUTH', 'TRACKER', 'ACCOUNTING', 'ANALYTICS'].flatMap((service) => [
    `${service}_DATABASE_URL`,
    `${service}_MIGRATION_URL`,
  ]),
  ...['DATABASE_URL', 'QUEUE_DATABASE_URL', 'REDIS_URL', 'REDIS_CLUSTER', 'SMTP_URL'],
].flatMap((name) => [name, `${name}_FILE`]);

/** Thrown at Ctrl-C, or at a signal of that kind. */
class Interrupted extends Error {
  override name = 'Interrupted';
}

/** A wrong command line: its message says what is right. */
class UsageError extends Error {
  override name = 'UsageError';
}

/** Reads the endpoint to try from the command line; returns null where only help was asked for. */
function readUrl(argv: string[]): string | null {
  let values: { url?: string; help?: boolean };
  try {
    const options = { url: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    values = parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
  if (values.help) return null;
  const url = values.url ?? `http://localhost:${process.env.PORT?.trim() || 4000}/graphql`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`--url must be an address that starts with http:// or https://; it is "${url}".`);
  return url;
}

/** Returns why the day cannot be played there; null where it can. Tries one log-in only, to lock no account out. */
async function whyNot(client: Client): Promise<string | null> {
  const [admin] = demoLogIns;
  try {
    await logIn(client, admin!.login, admin!.beakShape);
    return null;
  } catch (error) {
    if (isGraphqlError(error, 'UNREACHABLE')) return `no system answers at ${client.url}`;
    if (isGraphqlError(error)) return `the demo company does not work at ${client.url}`;
    throw error;
  }
}

/** Plays on a temporary system in a temporary directory; both are removed afterwards, however it ends. */
async function playOnOwnSystem(signal: AbortSignal, interrupted: Promise<never>): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'task-exchange-demo-'));
  let system: RunningSystem | undefined;
  try {
    const environment = { ...Object.fromEntries(outside.map((name) => [name, undefined])), SEED: 'demo' };
    // A temporary system need not survive a crash of the machine.
    system = await startSystem({ dataDir, port: 0, environment, durable: false, signal });
    print(`A system of its own runs at ${system.graphqlUrl} (queues in ${system.queueBackend}).`);
    const ended = system.ended.then((why) => {
      throw new DayError(why ?? 'The system was stopped.');
    });
    return await Promise.race([play(system.graphqlUrl), ended, interrupted]);
  } finally {
    await system?.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function play(url: string): Promise<number> {
  const client = createClient(url);
  const began = Date.now();
  try {
    const { problems, expected } = await playCompanyDay({ client, print, backlogFile });
    const seconds = ((Date.now() - began) / 1_000).toFixed(1);
    if (problems.length > 0) {
      print('');
      for (const problem of problems) console.error(problem);
      console.error(`${problems.length} sums or steps are wrong, after ${seconds} s.`);
      return 1;
    }
    const { tasksCreated, assignments, tasksResolved } = expected;
    print(
      `\nThe books balance and every sum holds: ${tasksCreated} tasks, ${assignments} assignments, ${tasksResolved} resolved, in ${seconds} s.`,
    );
    return 0;
  } finally {
    await client.close();
  }
}

function print(text: string): void {
  console.log(text);
}

/** Runs the command and returns its exit code. */
async function main(): Promise<number> {
  const url = readUrl(process.argv.slice(2));
  if (url === null) {
    print(usage);
    return 0;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interrupt.abort(new Interrupted('Interrupted.')));
  const interrupted = new Promise<never>((_, reject) => {
    interrupt.signal.addEventListener('abort', () => reject(interrupt.signal.reason));
  });
  interrupted.catch(() => {});

  const client = createClient(url, { retryDelaysMs: [] });
  const reason = await whyNot(client).finally(() => client.close());
  if (reason === null) {
    print(`The day is played on the system at ${url}.`);
    return Promise.race([play(url), interrupted]);
  }
  print(`${reason[0]!.toUpperCase()}${reason.slice(1)}, so the demo starts a system of its own.`);
  return playOnOwnSystem(interrupt.signal, interrupted);
}

/** Returns one sentence for an expected failure, the whole error for a surprise. */
function explain(error: unknown): string {
  if (
    error instanceof UsageError ||
    error instanceof DayError ||
    error instanceof SettingError ||
    error instanceof Interrupted
  )
    return error.message;
  if (isGraphqlError(error)) return `The day could not be played to its end: ${error.message}`;
  return String((error as Error).stack ?? error);
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
try {
  process.exit(await main());
} catch (error) {
  console.error(explain(error));
  process.exit(error instanceof Interrupted ? interruptedCode : 1);
}

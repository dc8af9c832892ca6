import { createLog, type Log } from './log.ts';
import { type Environment, logLevel, readSettings, SettingError } from './settings.ts';

/** A process that runs: how to reach it, and how to stop it. */
export interface Running {
  /** What the supervisor needs to know, such as ports. */
  readonly info?: Record<string, unknown>;
  /** Takes no new work, finishes what is under way, and resolves. */
  stop(): Promise<void>;
}

/** How long an orderly stop may take before the process ends anyway, in milliseconds. */
const stopTimeoutMs = 4_000;

/**
 * The main function of every process: starts it, reports to the supervisor when it is ready, and stops it on SIGTERM, on
 * SIGINT, or when the supervisor is gone. A `SettingError` ends the process with its sentence and exit code 1.
 */
export async function runProcess(
  name: string,
  start: (environment: Environment, log: Log) => Promise<Running>,
): Promise<void> {
  const log = openLog(name);
  let starting: Promise<Running> | undefined;
  let stopping = false;
  const stop = async (why: string) => {
    if (stopping) return;
    stopping = true;
    log.debug(`stopping: ${why}`);
    setTimeout(() => {
      log.error(
        `did not stop within ${stopTimeoutMs} ms and ends at once; unfinished work resumes at the next start`,
      );
      process.exit(1);
    }, stopTimeoutMs).unref();
    try {
      // A start under way is finished first: it may be about to print the first admin's secret, which is shown once.
      await (await starting)?.stop();
      process.exit(0);
    } catch (error) {
      log.error({ err: error }, 'failed while stopping');
      process.exit(1);
    }
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  process.on('disconnect', () => void stop('the supervisor is gone'));
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'an error nobody handled; the process ends and is to be started again');
    process.exit(1);
  });
  try {
    starting = start(process.env, log);
    const { info = {} } = await starting;
    if (stopping) return;
    // The supervisor logs by itself what is ready.
    if (process.send) process.send({ ready: info });
    else log.info(whereItIs(info));
  } catch (error) {
    if (error instanceof SettingError) console.error(error.message);
    else log.fatal({ err: error }, `could not start: ${(error as Error).message}`);
    process.exit(1);
  }
}

/** Opens the process's log; prints a sentence and ends the process where LOG_LEVEL is wrong. */
function openLog(name: string): Log {
  try {
    return createLog(name, readSettings({ LOG_LEVEL: logLevel() }, process.env).LOG_LEVEL);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

/** Says where the process can be reached: its ports may be free ones that the system has chosen. */
function whereItIs({ url, internalPort }: Record<string, unknown>): string {
  return [
    url === undefined ? 'ready' : `ready at ${url}`,
    ...(internalPort === undefined ? [] : [`health and metrics on port ${internalPort}`]),
  ].join('; ');
}

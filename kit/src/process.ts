import { createLog, type Log } from './log.ts';
import { type Environment, SettingError } from './settings.ts';

/** A running part: how to reach it, and how to stop it. */
export interface Running {
  /** What the supervisor wants to know once it is ready, such as ports. */
  readonly info?: Record<string, unknown>;
  /** Stops taking work, finishes what is under way, and resolves. */
  stop(): Promise<void>;
}

/** How long an orderly stop may take before the process ends anyway, in milliseconds. */
const stopTimeoutMs = 4_000;

/**
 * The main function of every process: start, tell the supervisor when ready, stop in order on SIGTERM, SIGINT,
 * or when the supervisor is gone. A `SettingError` ends with one sentence and exit code 1.
 */
export async function runProcess(
  name: string,
  start: (environment: Environment, log: Log) => Promise<Running>,
): Promise<void> {
  const log = createLog(name, process.env.LOG_LEVEL ?? 'info');
  let running: Running | undefined;
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
      await running?.stop();
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
    running = await start(process.env, log);
    if (stopping) await running.stop();
    process.send?.({ ready: running.info ?? {} });
  } catch (error) {
    if (error instanceof SettingError) console.error(error.message);
    else log.fatal({ err: error }, `could not start: ${(error as Error).message}`);
    process.exit(1);
  }
}

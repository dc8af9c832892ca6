import { fileURLToPath } from 'node:url';
import type { Log } from '@ates/kit/process/log';
import { app, build } from '../build.mjs';

/**
 * Builds the web app unless it is up to date, and returns its folder. Returns undefined where the app cannot be built.
 * That is logged, and the system starts without the app: the graph is served all the same.
 */
export async function buildApp(log: Log, signal: AbortSignal): Promise<string | undefined> {
  try {
    await build(app, { say: (line) => log.info(line), warn: (line) => log.warn(line), signal });
    return fileURLToPath(new URL('../../spa/dist', import.meta.url));
  } catch (error) {
    if (signal.aborted) return undefined;
    log.warn(`${(error as Error).message} A general page is shown in place of the app.`);
    return undefined;
  }
}

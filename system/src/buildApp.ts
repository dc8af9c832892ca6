import { fileURLToPath } from 'node:url';
import type { Log } from '@ates/kit/process/log';
import { app, build } from '../build.mjs';

/**
 * Builds the web app, unless it stands there as its sources have it. Returns where it is; undefined where it can't
 * be built, which is logged and no reason not to start: the graph is served all the same.
 */
export async function buildApp(log: Log, signal: AbortSignal): Promise<string | undefined> {
  try {
    await build(app, { say: (line) => log.info(line), warn: (line) => log.warn(line), signal });
    return fileURLToPath(new URL('../../spa/dist', import.meta.url));
  } catch (error) {
    if (signal.aborted) return undefined;
    log.warn(`${(error as Error).message} A general page is shown in its place.`);
    return undefined;
  }
}

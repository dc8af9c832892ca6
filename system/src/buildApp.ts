import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Log } from '@ates/kit/log';

const root = fileURLToPath(new URL('../../', import.meta.url));
const spa = join(root, 'spa');
const dist = join(spa, 'dist');
/** What the app in `dist` was built from. */
const mark = join(dist, '.built-from');

/**
 * Builds the web app, unless it stands there as its sources have it. Hands back where it is; undefined where it can't
 * be built, which is logged and no reason not to start: the graph is served all the same.
 */
export async function buildApp(log: Log, signal: AbortSignal): Promise<string | undefined> {
  try {
    const sources = hashOfSources();
    if (existsSync(mark) && readFileSync(mark, 'utf8') === sources) return dist;
    const building = promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules/vite/bin/vite.js'), 'build'],
      {
        cwd: spa,
        signal,
        // Whatever runs this, tests for example: people get the libraries' fast and small side.
        env: { ...process.env, NODE_ENV: 'production' },
      },
    );
    // A start that is refused meanwhile leaves nothing running.
    const stop = () => building.child.kill();
    process.once('exit', stop);
    await building.finally(() => process.off('exit', stop));
    writeFileSync(mark, sources);
    log.info('built the app; the next start finds it built');
    return dist;
  } catch (error) {
    if (signal.aborted) return undefined;
    const { message } = error as Error;
    if (existsSync(join(dist, 'index.html'))) {
      log.warn(`the app cannot be built anew (${message}); the one that was built before is served`);
      return dist;
    }
    log.warn(`the app cannot be built (${message}); a general page is shown in its place`);
    return undefined;
  }
}

/** A hash of everything that the app is built from. */
function hashOfSources(): string {
  const hash = createHash('sha256');
  const files = [
    ...['index.html', 'package.json', 'vite.config.ts'].map((name) => join(spa, name)),
    ...['src', 'public'].flatMap((folder) =>
      readdirSync(join(spa, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .sort(),
    ),
    join(root, 'schema/src/access.ts'),
    join(root, 'package-lock.json'),
  ];
  for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

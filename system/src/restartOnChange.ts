import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '@ates/kit/process/log';
import { type PartName, partNames } from './parts.ts';
import { databaseServices } from './stores/provision.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** How long to wait for more changes, in milliseconds: an editor writes several files, and each in several steps. */
const settleMs = 150;

/** Our packages whose code runs in a part's process: the folder of each, and the folders of its sources. */
const packages: Readonly<Record<string, { folder: string; sources: readonly string[] }>> = {
  '@ates/kit': { folder: 'kit', sources: ['src'] },
  '@ates/schema': { folder: 'schema', sources: ['src', 'events', 'sdl'] },
  '@ates/workers': { folder: 'workers', sources: ['src'] },
  '@ates/gateway': { folder: 'gateway', sources: ['src'] },
  ...Object.fromEntries(
    databaseServices.map((service) => [
      `@ates/${service}`,
      { folder: `subgraphs/${service}`, sources: ['src'] },
    ]),
  ),
};

/**
 * Restarts the parts that use a changed source, directly or by a dependency; stores keep running. Watches until this
 * process ends.
 */
export function restartOnChange(system: { restart(part: PartName): void }, log: Log): void {
  const users = new Map(Object.keys(packages).map((name) => [name, partsThatUse(name)]));
  const changed = new Set<PartName>();
  let timer: NodeJS.Timeout | undefined;
  for (const [name, { folder, sources }] of Object.entries(packages)) {
    for (const source of sources) {
      const watcher = watch(join(root, folder, source), { recursive: true }, () => {
        for (const part of users.get(name)!) changed.add(part);
        clearTimeout(timer);
        timer = setTimeout(() => {
          log.info(`sources have changed: starting ${[...changed].join(', ')} again`);
          for (const part of changed) system.restart(part);
          changed.clear();
        }, settleMs);
      });
      watcher.on('error', (error) => log.warn(`${folder}/${source} is not watched: ${error.message}`));
    }
  }
}

/** Returns the parts whose processes load a package, directly or through other packages. */
function partsThatUse(name: string): PartName[] {
  return partNames.filter((part) => {
    const loaded = new Set([`@ates/${part}`]);
    for (const each of loaded) {
      const manifest = readFileSync(join(root, packages[each]!.folder, 'package.json'), 'utf8');
      for (const dependency of Object.keys(JSON.parse(manifest).dependencies))
        if (dependency in packages) loaded.add(dependency);
    }
    return loaded.has(name);
  });
}

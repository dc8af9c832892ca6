import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unusable } from './stores/directoryClaim.ts';

const fileOf = (dataDirectory: string) => join(dataDirectory, 'seed');

/** Returns how the company of this data directory began, so that a later start shows the demo's log-ins again. */
export function recallSeed(dataDirectory: string): 'demo' | 'none' | undefined {
  const path = fileOf(dataDirectory);
  if (!existsSync(path)) return undefined;
  return readFileSync(path, 'utf8').trim() === 'demo' ? 'demo' : 'none';
}

/** Notes how the company began. */
export function rememberSeed(dataDirectory: string, seed: 'demo' | 'none'): void {
  const path = fileOf(dataDirectory);
  try {
    if (recallSeed(dataDirectory) !== seed) writeFileSync(path, `${seed}\n`, { mode: 0o600 });
  } catch (error) {
    throw unusable(path, error);
  }
}

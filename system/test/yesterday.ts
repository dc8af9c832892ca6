import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect } from 'vitest';
import { scratch } from './stores/scratch.ts';

/*
 * Before DATABASE_SECRET existed, the passwords of roles were derived from INTERNAL_SECRET, or from the secret in
 * DATA_DIR/secrets.json.
 */

export const yesterdaysSecret = 'the one secret of yesterday';

/** Makes a data directory as yesterday's version has left it. */
export function yesterdaysDirectory(): string {
  const directory = scratch();
  writeFileSync(join(directory, 'secrets.json'), JSON.stringify({ internalSecret: yesterdaysSecret }));
  return directory;
}

/** Opens a log and keeps its warnings. */
export function watchWarnings() {
  const warnings: string[] = [];
  const write = (line: string) => void warnings.push((JSON.parse(line) as { msg: string }).msg);
  return { warnings, log: pino({ level: 'warn' }, { write }) };
}

export const warnsOnce = [
  expect.stringMatching(/^DATABASE_SECRET is not set, .* derived from INTERNAL_SECRET/),
];

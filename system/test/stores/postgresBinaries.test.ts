import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '../../src/stores/account.ts';
import { findPackage, postgresBinaries } from '../../src/stores/postgresBinaries.ts';
import { log, nobody, scratch } from './scratch.ts';

const version = (directory: string, account: Account | undefined) =>
  execFileSync(join(directory, 'bin/initdb'), ['--version'], { encoding: 'utf8', cwd: '/', ...account });

/** Copies the package as npm unpacks it, without the files that its install script makes. */
function install(into: string): string {
  const packageDirectory = join(into, 'package');
  cpSync(findPackage(), packageDirectory, { recursive: true, verbatimSymlinks: true });
  const library = join(packageDirectory, 'native/lib');
  for (const name of readdirSync(library)) {
    if (lstatSync(join(library, name)).isSymbolicLink()) unlinkSync(join(library, name));
  }
  return packageDirectory;
}

describe('PostgreSQL’s programs', { timeout: 30_000 }, () => {
  let temporary: string | undefined;
  beforeEach(() => {
    temporary = process.env.TMPDIR;
  });
  afterEach(() => {
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
  });

  it('run where no install script made their links', () => {
    const packageDirectory = install(scratch());
    const account = nobody && { ...nobody };
    const { directory, major } = postgresBinaries(account, log, packageDirectory);
    expect(directory).toBe(join(packageDirectory, 'native'));
    expect(version(directory, account)).toContain(`PostgreSQL) ${major}.`);
  });

  it.runIf(nobody)('run from a copy where their account can’t get at them, made once and mended', () => {
    const packageDirectory = install(scratch(true));
    process.env.TMPDIR = scratch();
    const { directory } = postgresBinaries(nobody, log, packageDirectory);
    expect(dirname(directory)).toBe(process.env.TMPDIR);
    expect(version(directory, nobody)).toContain('PostgreSQL');
    const mark = join(directory, 'mark');
    writeFileSync(mark, '');
    expect(postgresBinaries(nobody, log, packageDirectory).directory).toBe(directory);
    expect(existsSync(mark)).toBe(true);
    rmSync(join(directory, 'share/postgresql/postgres.bki'));
    expect(postgresBinaries(nobody, log, packageDirectory).directory).toBe(directory);
    expect(existsSync(join(directory, 'share/postgresql/postgres.bki'))).toBe(true);
    expect(readdirSync(process.env.TMPDIR)).toHaveLength(1);
  });

  it.runIf(nobody)('never run from a copy that somebody else put in place', () => {
    const packageDirectory = install(scratch(true));
    process.env.TMPDIR = scratch();
    const { directory } = postgresBinaries(nobody, log, packageDirectory);
    execFileSync('chown', ['-R', String(nobody!.uid), directory]);
    rmSync(join('/tmp', directory.slice(dirname(directory).length)), { recursive: true, force: true });
    const other = postgresBinaries(nobody, log, packageDirectory).directory;
    expect(other).not.toBe(directory);
    expect(lstatSync(other).uid).toBe(process.getuid?.());
    rmSync(other, { recursive: true });
  });
});

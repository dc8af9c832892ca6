import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databaseSecretOf, internalSecretOf } from '../src/secrets.ts';
import { readSystemSettings } from '../src/settings.ts';
import { scratch } from './stores/scratch.ts';
import { warnsOnce, watchWarnings, yesterdaysDirectory, yesterdaysSecret } from './yesterday.ts';

describe('the secret of databases', () => {
  const choose = (environment: Record<string, string>) => {
    const { warnings, log: watched } = watchWarnings();
    return { secret: databaseSecretOf(readSystemSettings(environment), watched), warnings };
  };
  const outside = { DATABASE_URL: 'postgres://h' };

  it('is what the operator has set, wherever the databases are', () => {
    for (const place of [{}, outside]) {
      const environment = { ...place, DATA_DIR: yesterdaysDirectory(), INTERNAL_SECRET: yesterdaysSecret };
      expect(choose({ ...environment, DATABASE_SECRET: 'a secret of databases' })).toEqual({
        secret: 'a secret of databases',
        warnings: [],
      });
      expect(existsSync(join(environment.DATA_DIR, 'database-secret.json'))).toBe(false);
    }
  });

  it('is a new one in an embedded PostgreSQL, which gives it to nobody but this system', () => {
    const DATA_DIR = yesterdaysDirectory();
    const made = choose({ DATA_DIR });
    expect(made).toEqual({ secret: expect.stringMatching(/^[0-9a-f]{64}$/), warnings: [] });
    expect(choose({ DATA_DIR, INTERNAL_SECRET: yesterdaysSecret })).toEqual(made);
  });

  it('stays what it was on a server of others, where a DATA_DIR of yesterday tells it', () => {
    expect(choose({ ...outside, DATA_DIR: yesterdaysDirectory() })).toEqual({
      secret: yesterdaysSecret,
      warnings: warnsOnce,
    });
  });

  it('is made once on a server of others where nothing was before', () => {
    const environment = { ...outside, DATA_DIR: join(scratch(), 'new') };
    const made = choose(environment);
    expect(made).toEqual({ secret: expect.stringMatching(/^[0-9a-f]{64}$/), warnings: [] });
    expect(internalSecretOf(readSystemSettings(environment))).not.toBe(made.secret);
    expect(choose(environment)).toEqual(made);
  });
});

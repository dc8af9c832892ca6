import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  logLevel,
  readSettings,
  SettingError,
  secret,
  secretsBeginningWith,
  url,
} from '../src/process/settings.ts';

describe('a sentence about a wrong setting keeps its secrets', () => {
  const sentence = (name: string, shape: Parameters<typeof readSettings>[0][string], value: string) => {
    try {
      readSettings({ [name]: shape }, { [name]: value });
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };

  test.each([
    ['DATABASE_URL', url('postgres'), 'postgres://ates:hunter2/with/slashes@db:5432/ates', 'postgres://…'],
    ['DATABASE_URL', url('postgres'), 'postgres://ates:hunter2#with@marks@db:99999/ates', 'postgres://…'],
    ['SMTP_URL', url('smtp', 'smtps'), 'smtp+tls://me:hunter2:with:colons@mail', 'smtp+tls://…'],
    ['SMTP_URL', url('smtp', 'smtps'), 'http://hunter2@mail', 'http://…'],
    ['REDIS_URL', url('redis'), 'redis//:hunter2@queue', '…'],
    ['REDIS_URL', url('redis'), 'hunter2', '…'],
    ['INTERNAL_SECRET', secret(), 'hunter2', '…'],
    ['INTERNAL_SECRET', secret(), 'a://hunter2', '…'],
  ])('%s', (name, shape, value, shown) => {
    const told = sentence(name, shape, value);
    expect(told).not.toContain('hunter2');
    expect(told).toMatch(new RegExp(`^${name} must .*; it is "${shown.replace('+', '\\+')}"\\.$`));
  });

  test('what is no secret is shown', () => {
    expect(sentence('LOG_LEVEL', logLevel(), 'verbose')).toMatch(/^LOG_LEVEL must be one of .*"verbose"\.$/);
  });
});

describe('a secret may be in a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'settings-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const write = (name: string, content: string) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  const refusal = (shape: z.ZodRawShape, environment: Record<string, string>) => {
    try {
      readSettings(shape, environment);
    } catch (error) {
      expect(error).toBeInstanceOf(SettingError);
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };

  test.each([
    ['INTERNAL_SECRET', 'a secret of the nest'],
    ['DATABASE_SECRET', 'a secret of the nest'],
    ['GATEWAY_SECRET', 'a secret of the nest'],
    ['GATEWAY_SECRET_NEXT', 'a secret of the nest'],
    ['SUBGRAPH_SECRET_HENS', 'a secret of the nest'],
    ['INTROSPECTION_SECRET', 'a secret of the nest'],
    ['PRICE_KEY', 'a key'],
    ['ADMIN_BEAK_SHAPE', 'wide, hooked'],
    ['DATABASE_URL', 'postgres://me:hunter2@db/ates'],
    ['TRACKER_DATABASE_URL', 'postgres://me:hunter2@db/tracker'],
    ['TRACKER_MIGRATION_URL', 'postgres://me:hunter2@db/tracker'],
    ['QUEUE_DATABASE_URL', 'postgres://me:hunter2@db/queues'],
    ['REDIS_URL', 'redis://:hunter2@queue'],
    ['SMTP_URL', 'smtp://me:hunter2@mail'],
  ])('%s', (name, value) => {
    const path = write(name, `${value}\n`);
    expect(readSettings({ [name]: z.string() }, { [`${name}_FILE`]: path })).toEqual({ [name]: value });
    expect(readSettings({ [name]: z.string() }, { [`${name}_FILE`]: path, [name]: ' ' })).toEqual({
      [name]: value,
    });
    expect(readSettings({ [name]: z.string() }, { [`${name}_FILE`]: '', [name]: value })).toEqual({
      [name]: value,
    });
  });

  test('whose path is relative to where npm was called', () => {
    write('relative', 'a key');
    const environment = { INIT_CWD: directory, PRICE_KEY_FILE: 'relative' };
    expect(readSettings({ PRICE_KEY: z.string() }, environment)).toEqual({ PRICE_KEY: 'a key' });
  });

  test('and not both in a file and in the environment', () => {
    const environment = { GATEWAY_SECRET: 'hunter2', GATEWAY_SECRET_FILE: write('both', 'hunter2') };
    expect(refusal({ GATEWAY_SECRET: secret() }, environment)).toBe(
      'GATEWAY_SECRET and GATEWAY_SECRET_FILE are both set: set one of them.',
    );
  });

  test('which must be readable, and say something that is right; the sentence names it and keeps the secret', () => {
    const shape = { GATEWAY_SECRET: secret().optional() };
    const missing = join(directory, 'missing');
    expect(refusal(shape, { GATEWAY_SECRET_FILE: missing })).toMatch(
      new RegExp(`^GATEWAY_SECRET_FILE names ${missing}, which cannot be read: ENOENT`),
    );
    const empty = write('empty', '\n');
    expect(refusal(shape, { GATEWAY_SECRET_FILE: empty })).toBe(
      `GATEWAY_SECRET_FILE names ${empty}, which is empty.`,
    );
    expect(refusal(shape, { GATEWAY_SECRET_FILE: write('short', 'hunter2') })).toBe(
      'GATEWAY_SECRET must have at least 16 characters; it is "…".',
    );
  });

  test('but what is no secret is not looked for in one', () => {
    expect(readSettings({ LOG_LEVEL: logLevel() }, { LOG_LEVEL_FILE: '/missing' })).toEqual({
      LOG_LEVEL: 'info',
    });
    // Here …_FILE is no file: it is the URL of a subgraph that is called hens-file.
    const environment = { SUBGRAPH_URL_HENS: 'http://hens', SUBGRAPH_URL_HENS_FILE: 'http://hens-file' };
    expect(readSettings({ SUBGRAPH_URL_HENS: url('http') }, environment)).toEqual({
      SUBGRAPH_URL_HENS: 'http://hens',
    });
  });

  test('also one of those that begin alike', () => {
    const names = { SECRET_OF_A: 'x', SECRET_OF_B_FILE: '/b', SECRET_OF_A_FILE: '', OTHER: 'x' };
    expect(secretsBeginningWith('SECRET_OF_', names)).toEqual(['SECRET_OF_A', 'SECRET_OF_B']);
  });
});

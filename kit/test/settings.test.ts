import { describe, expect, test } from 'vitest';
import { logLevel, readSettings, secret, url } from '../src/settings.ts';

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

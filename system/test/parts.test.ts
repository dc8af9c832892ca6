import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentOf, modulesOf, type PartContext, partNames } from '../src/parts.ts';
import { readSystemSettings } from '../src/settings.ts';
import { scratch } from './stores/scratch.ts';

const database = (name: string) => ({
  url: `postgres://${name}_app@h/${name}`,
  migrationUrl: 'postgres://h',
});

function contextOf(
  environment: Record<string, string>,
  queue: PartContext['stores']['queue'] = { backend: 'redis', url: 'redis://private' },
): PartContext {
  const databases = {
    ...{ auth: database('auth'), tracker: database('tracker') },
    ...{ accounting: database('accounting'), analytics: database('analytics') },
  };
  return {
    settings: readSystemSettings(environment),
    stores: { databases, queue, own: [], superuserUrl: undefined, stop: async () => {} },
    environment,
    internalSecret: 'a secret of the company',
    seed: 'none',
    urls: new Map([['auth', 'http://h:1']] as const),
    appDir: undefined,
  };
}

it.each(partNames)('%s is loaded from modules that exist', (part) => {
  // One that is missing would only make the start slower, without a word.
  const { main, warmUp } = modulesOf(part);
  for (const module of [main, ...warmUp]) expect(existsSync(module), String(module)).toBe(true);
});

describe('REDIS_CLUSTER', () => {
  it('is about REDIS_URL, and refused without it', () => {
    expect(() => readSystemSettings({ REDIS_CLUSTER: 'true' })).toThrow(
      /^REDIS_URL is not set: REDIS_CLUSTER is true, .*\.$/,
    );
    expect(readSystemSettings({ REDIS_CLUSTER: 'false' }).REDIS_CLUSTER).toBe(false);
  });

  it('gets to the workers with that URL, and with no store of our own', () => {
    const outside = { REDIS_URL: 'redis://h', REDIS_CLUSTER: 'true' };
    const workers = (...given: Parameters<typeof contextOf>) => environmentOf('workers', contextOf(...given));
    expect(workers(outside, { backend: 'redis', url: 'redis://h' })).toMatchObject(outside);
    for (const environment of [
      workers({}),
      workers({ REDIS_CLUSTER: 'false' }),
      workers(outside, { backend: 'postgresql', url: 'postgres://h/queues' }),
    ])
      expect(environment).not.toHaveProperty('REDIS_CLUSTER');
  });
});

it('the company’s time zone gets to whoever counts days, and to nobody else', () => {
  const context = contextOf({ COMPANY_TIME_ZONE: 'Europe/Berlin' });
  const told = partNames.filter((part) => 'COMPANY_TIME_ZONE' in environmentOf(part, context));
  expect(told).toEqual(['accounting', 'analytics', 'workers']);
});

it('the size of pools gets to whoever has a database', () => {
  const context = contextOf({ DATABASE_POOL_SIZE: '7' });
  const told = partNames.filter((part) => environmentOf(part, context).DATABASE_POOL_SIZE === '7');
  expect(told).toEqual(['auth', 'tracker', 'accounting', 'analytics', 'workers']);
  for (const size of ['1', 'many', '1001'])
    expect(() => readSystemSettings({ DATABASE_POOL_SIZE: size })).toThrow(
      `DATABASE_POOL_SIZE must be a whole number from 2 to 1000; it is "${size}".`,
    );
});

it('a secret that the system was given as a file gets to its part, and no path does', () => {
  const directory = scratch();
  const secrets = {
    PRICE_KEY: 'a key of the company',
    ADMIN_BEAK_SHAPE: 'broad, ivory, chipped',
    SMTP_URL: 'smtp://me:hunter2@mail',
    DATABASE_SECRET: 'a secret of the databases',
  };
  const environment = Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => {
      writeFileSync(join(directory, name), `${value}\n`);
      return [`${name}_FILE`, join(directory, name)];
    }),
  );
  const context = contextOf(environment);
  expect(context.settings).toMatchObject(secrets);
  const { PRICE_KEY, ADMIN_BEAK_SHAPE, SMTP_URL } = secrets;
  expect(environmentOf('auth', context)).toMatchObject({ ADMIN_BEAK_SHAPE });
  expect(environmentOf('accounting', context)).toMatchObject({ PRICE_KEY });
  expect(environmentOf('workers', context)).toMatchObject({ PRICE_KEY, SMTP_URL });
  for (const part of partNames) {
    const given = JSON.stringify(environmentOf(part, context));
    expect(given).not.toMatch(/_FILE|a secret of the databases|a secret of the company/);
  }
});

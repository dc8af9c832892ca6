import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@ates/kit/process/log';
import { migrateAll } from '@ates/system/migrateAll';
import { startEmbeddedPostgres } from '@ates/system/stores/embeddedPostgres';
import { findRedisServer, startPrivateRedis } from '@ates/system/stores/privateRedis';
import { type Databases, provision } from '@ates/system/stores/provision';
import type { TestProject } from 'vitest/node';

/** The stores of a test run: one PostgreSQL with migrated template databases, and one Redis where it is installed. */
export interface Stores {
  readonly adminUrl: string;
  readonly templates: Databases;
  readonly internalSecret: string;
  /** Null where the queues are in PostgreSQL. */
  readonly redisUrl: string | null;
}

declare module 'vitest' {
  interface ProvidedContext {
    stores: Stores;
  }
}

/**
 * Starts the stores once, before the tests of a project. They are not durable, and their directory is removed at the
 * end.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'exchange-tests-'));
  const log = createLog('tests', 'warn');
  const backend = process.env.QUEUE_BACKEND;
  const server = backend === 'postgresql' ? undefined : await findRedisServer(process.env);
  if (backend === 'redis' && !server)
    throw new Error('QUEUE_BACKEND is redis, and there is no redis-server or valkey-server on PATH');
  const [postgres, redis] = await Promise.all([
    startEmbeddedPostgres({ directory: join(directory, 'postgres'), durable: false, log }),
    server ? startPrivateRedis({ directory: join(directory, 'redis'), durable: false, server, log }) : null,
  ]);
  const internalSecret = 'a secret for the tests only';
  const templates = await provision({
    databaseUrl: postgres.url,
    databaseSecret: 'a secret for the databases of the tests only',
    queues: true,
    log,
  });
  await migrateAll(templates, log);
  console.log(
    `Queues of the ${project.name} tests live in ${redis ? `Redis (${server?.path} ${server?.version})` : 'PostgreSQL'}.`,
  );
  project.provide('stores', {
    adminUrl: postgres.url,
    templates,
    internalSecret,
    redisUrl: redis?.url ?? null,
  });
  return async () => {
    await Promise.all([postgres.stop(), redis?.stop()]);
    rmSync(directory, { recursive: true, force: true });
  };
}

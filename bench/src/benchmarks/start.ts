import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@ates/kit/process/log';
import { startSystem } from '@ates/system/startSystem';
import { startEmbeddedPostgres } from '@ates/system/stores/embeddedPostgres';
import type { Benchmark } from '../context.ts';
import { nodeProcesses, readMemory } from '../machine.ts';

/**
 * Measures a first start, a start with existing data, the memory of all processes, and a stop. The yardstick is a start
 * of the database alone, which everything else waits for.
 */
export const start: Benchmark = async ({ backend }, report) => {
  const directory = mkdtempSync(join(tmpdir(), 'exchange-bench-'));
  try {
    for (const temperature of ['cold', 'warm']) {
      const began = performance.now();
      const system = await startSystem({
        dataDir: join(directory, 'system'),
        port: 0,
        environment: { QUEUE_BACKEND: backend, LOG_LEVEL: 'error' },
      });
      const seconds = (performance.now() - began) / 1_000;
      const memory = readMemory(system.pids);
      const ofNode = Object.values(readMemory(nodeProcesses(system))).reduce((sum, mib) => sum + mib, 0);
      const stopping = performance.now();
      await system.stop();
      const stopSeconds = (performance.now() - stopping) / 1_000;
      const databaseAlone = await startDatabaseAlone(join(directory, 'postgres'));
      report({
        bench: 'start',
        what: `all processes, ${temperature}`,
        backend,
        values: { 's to ready': seconds, 's to stop': stopSeconds, 'MiB of all Node processes': ofNode },
        yardsticks: [
          { name: 'the database alone, s to ready', value: databaseAlone, ratio: seconds / databaseAlone },
        ],
        peakMiB: memory,
      });
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** Returns how long PostgreSQL alone takes, in seconds: the first time it makes its directory, later it opens it. */
async function startDatabaseAlone(directory: string): Promise<number> {
  const began = performance.now();
  const postgres = await startEmbeddedPostgres({
    directory,
    durable: true,
    log: createLog('bench', 'error'),
  });
  const seconds = (performance.now() - began) / 1_000;
  await postgres.stop();
  return seconds;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSystem } from '@ates/system/startSystem';
import type { Benchmark } from '../context.ts';
import { readMemory } from '../machine.ts';

/** From nothing to ready, ready again with data at hand, what all processes hold in memory, and the way down. */
export const start: Benchmark = async ({ backend }, report) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'exchange-bench-'));
  try {
    const measured: Record<string, number> = {};
    for (const temperature of ['cold', 'warm']) {
      const began = performance.now();
      const system = await startSystem({
        dataDir,
        port: 0,
        environment: { QUEUE_BACKEND: backend, LOG_LEVEL: 'error' },
      });
      measured[`${temperature} s to ready`] = (performance.now() - began) / 1_000;
      const memory = readMemory(system.pids);
      const stopping = performance.now();
      await system.stop();
      measured[`${temperature} s to stop`] = (performance.now() - stopping) / 1_000;
      if (temperature === 'warm') {
        measured['MiB of all Node processes'] = Object.entries(memory)
          .filter(([name]) => name !== 'postgresql' && name !== 'redis')
          .reduce((sum, [, mib]) => sum + mib, 0);
        report({
          bench: 'start',
          what: 'npm start, all processes',
          backend,
          values: measured,
          peakMiB: memory,
        });
      }
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
};

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const shared = {
  globalSetup: ['tests/support/stores.ts'],
  testTimeout: 30_000,
  hookTimeout: 60_000,
  pool: 'forks' as const,
  maxWorkers: 2,
};
const conditions = ['source', 'node', 'import', 'module-sync'];
// graphql has no `exports`: without the alias, tests would load its ES modules beside Apollo's CommonJS ones.
const graphql = { find: /^graphql$/, replacement: fileURLToPath(new URL('node_modules/graphql/index.js', import.meta.url)) };
const resolve = { resolve: { conditions, alias: [graphql] }, ssr: { resolve: { conditions } } };
const longTests = '**/*.long.test.ts';
const ignored = ['**/node_modules/**', '**/dist/**'];

/** `fast` is `npm test`; `long` is what `npm run test:all` adds. */
export default defineConfig({
  ...resolve,
  test: {
    projects: [
      {
        ...resolve,
        test: {
          ...shared,
          name: 'fast',
          include: ['**/test/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: [...ignored, longTests],
        },
      },
      {
        ...resolve,
        test: {
          ...shared,
          name: 'long',
          include: [longTests],
          exclude: ignored,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

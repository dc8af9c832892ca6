import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const shared = {
  globalSetup: [fileURLToPath(new URL('tests/support/stores.ts', import.meta.url))],
  // Far more than a test takes, also on a machine that is slow and busy.
  testTimeout: 240_000,
  hookTimeout: 60_000,
  pool: 'forks' as const,
  maxWorkers: 2,
};
const root = fileURLToPath(new URL('.', import.meta.url));
const alias = [
  // graphql has no `exports`: without this, tests would load its ES modules beside Apollo's CommonJS ones.
  { find: /^graphql$/, replacement: `${root}node_modules/graphql/index.js` },
  // Our own packages come from their sources, whatever has been built.
  { find: /^@ates\/schema\/events\/(.*)$/, replacement: `${root}schema/events/$1.ts` },
  {
    find: /^@ates\/(auth|tracker|accounting|analytics)\/(.*)$/,
    replacement: `${root}subgraphs/$1/src/$2.ts`,
  },
  { find: /^@ates\/(\w+)\/(.*)$/, replacement: `${root}$1/src/$2.ts` },
];
const resolve = { resolve: { alias } };
const longTests = '**/*.long.test.ts';
const ignored = ['**/node_modules/**', '**/dist/**'];

/** `fast` is `npm test`, `e2e` is `npm run e2e`; `npm run test:all` runs them and `long`. */
export default defineConfig({
  ...resolve,
  test: {
    projects: [
      {
        ...resolve,
        test: {
          ...shared,
          name: 'fast',
          // Each worker loads our code and the libraries once, and not once per file: that halved the time. Hooks of
          // a shared helper would then belong to the first file that loads it: helpers use `onTestFinished` instead.
          isolate: false,
          include: ['**/test/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: [...ignored, longTests],
        },
      },
      {
        ...resolve,
        test: {
          ...shared,
          name: 'long',
          // These tests start what has been built.
          globalSetup: [...shared.globalSetup, `${root}system/test/builtSystem.ts`],
          include: [longTests],
          exclude: ignored,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        ...resolve,
        test: {
          ...shared,
          name: 'e2e',
          include: ['spa/e2e/**/*.e2e.ts'],
          globalSetup: [...shared.globalSetup, `${root}spa/e2e/support/builtApp.ts`],
          fileParallelism: false,
        },
      },
    ],
  },
});

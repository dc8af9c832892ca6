import { createLog } from '@ates/kit/process/log';
import { buildApp } from '@ates/system/buildApp';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the app under test is built. */
    appDir: string;
  }
}

/** Runs once, before the tests: they walk through the app as it is built, not as its sources are. */
export default async function setup(project: TestProject): Promise<void> {
  const directory = await buildApp(createLog('e2e', 'warn'), new AbortController().signal);
  if (directory === undefined) throw new Error('the app could not be built');
  project.provide('appDir', directory);
}

import { createLog } from '@ates/kit/process/log';
import { buildApp } from '@ates/system/buildApp';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The directory of the built app under test. */
    appDir: string;
  }
}

/** Builds the app once, before the tests: they test the built app, not its sources. */
export default async function setup(project: TestProject): Promise<void> {
  const directory = await buildApp(createLog('e2e', 'warn'), new AbortController().signal);
  if (directory === undefined) throw new Error('the app could not be built');
  project.provide('appDir', directory);
}

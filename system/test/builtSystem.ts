import { build, system } from '../build.mjs';

/** Builds the system once, before the tests: a start that has to build prints lines that the tests do not expect. */
export default async function setup(): Promise<void> {
  const say = (line: string) => console.log(line);
  await build(system, { say, warn: say, signal: new AbortController().signal });
}

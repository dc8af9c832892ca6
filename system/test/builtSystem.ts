import { build, system } from '../build.mjs';

/** Runs once, before the tests: a start that first has to build says so among what it is expected to say. */
export default async function setup(): Promise<void> {
  const say = (line: string) => console.log(line);
  await build(system, { say, warn: say, signal: new AbortController().signal });
}

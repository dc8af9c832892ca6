import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import { untilReachable } from '../graph/connection.ts';

/** How often a file is asked for while there is a connection, and the pauses between, in milliseconds. */
const pausesMs = [500, 1_500, 4_000];

/** What comes from a file of its own. One that cannot be had is asked for again before it is given up. */
export async function patiently<Part>(load: () => Promise<Part>): Promise<Part> {
  for (const pauseMs of pausesMs) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      await untilReachable();
    }
  }
  return load();
}

/** A component that comes when it is first shown. */
export const lazily = <Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> => lazy(async () => ({ default: await patiently(load) }));

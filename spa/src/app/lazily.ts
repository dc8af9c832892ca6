import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import { untilReachable } from '../graph/connection.ts';

/** The pauses after failed tries to load a file, in milliseconds. After the last pause it is tried once more. */
const pausesMs = [500, 1_500, 4_000];

/** Loads a part of the app from a separate file. @throws the last error where all tries failed. */
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

/** Returns a component whose file is loaded when it is first shown. */
export const lazily = <Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> => lazy(async () => ({ default: await patiently(load) }));

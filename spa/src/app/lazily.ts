import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

/** How often a file is asked for, and the pauses between, in milliseconds. */
const pausesMs = [500, 1_500, 4_000];

/** A component that comes when it is first shown. A file that cannot be had is asked for again before it is given up. */
export function lazily<Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    for (const pauseMs of pausesMs) {
      try {
        return { default: await load() };
      } catch {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
    return { default: await load() };
  });
}

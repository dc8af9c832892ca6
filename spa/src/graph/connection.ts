import { useSyncExternalStore } from 'react';

/** Whether the graph is within reach: what the browser says, and what became of the last tries. */
let reachable = true;
const listeners = new Set<() => void>();

/** Told by whoever tries; what has come back is a reason to ask again. */
export function noteReachable(now: boolean): void {
  if (now === reachable) return;
  reachable = now;
  for (const listener of [...listeners]) listener();
}

export function watchConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const isReachable = (): boolean => reachable;

export const useReachable = (): boolean => useSyncExternalStore(watchConnection, isReachable);

addEventListener('offline', () => noteReachable(false));

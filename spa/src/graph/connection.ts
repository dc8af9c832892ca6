import { useSyncExternalStore } from 'react';

/** Whether the browser has a network, and whether the last try to hold a connection to the graph went well. */
let isOnline = navigator.onLine;
let isConnected = true;
const listeners = new Set<() => void>();

function tellAll(): void {
  for (const listener of [...listeners]) listener();
}

/** Told by whoever holds the connection. */
export function noteConnected(now: boolean): void {
  if (now === isConnected) return;
  isConnected = now;
  tellAll();
}

for (const kind of ['online', 'offline'] as const)
  addEventListener(kind, () => {
    isOnline = kind === 'online';
    tellAll();
  });

/** Calls back when the graph has come within reach or gone out of it; hands back how to stop that. */
export function watchConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const isReachable = (): boolean => isOnline && isConnected;

/** Resolves as soon as the graph is within reach, at once where it is. */
export const untilReachable = (): Promise<void> =>
  new Promise((resolve) => {
    if (isReachable()) return resolve();
    const stop = watchConnection(() => {
      if (!isReachable()) return;
      stop();
      resolve();
    });
  });

export const useReachable = (): boolean => useSyncExternalStore(watchConnection, isReachable);

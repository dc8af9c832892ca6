import { useSyncExternalStore } from 'react';

/** True where the browser has a network, and where the last try to connect to the graph succeeded. */
let isOnline = navigator.onLine;
let isConnected = true;
const listeners = new Set<() => void>();

function tellAll(): void {
  for (const listener of [...listeners]) listener();
}

/** Notes that the connection to the graph is open (true) or lost (false). The socket's link calls this. */
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

/** Calls `listener` when the graph may have become reachable or unreachable. Returns a function that stops this. */
export function watchConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const isReachable = (): boolean => isOnline && isConnected;

/** Resolves as soon as the graph is reachable; at once where it already is. */
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

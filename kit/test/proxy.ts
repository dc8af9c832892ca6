import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a store. A test can cut it or make it mute. */
export interface StoreProxy {
  /** The store's URL through the proxy. */
  readonly url: string;
  /** The number of open connections. */
  readonly connections: number;
  /** Resets every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Accepts connections again. */
  mend(): Promise<void>;
  /** Stops all traffic in both directions. Connections stay open, and new ones are accepted. */
  mute(): void;
  /** Serves new connections again. Those that were mute stay mute. */
  speak(): void;
  stop(): Promise<void>;
}

export async function startProxy(storeUrl: string): Promise<StoreProxy> {
  const store = new URL(storeUrl);
  const sockets = new Set<Socket>();
  const pairs = new Set<[Socket, Socket]>();
  let isMute = false;
  const silence = (pair: [Socket, Socket]) => {
    for (const socket of pair) socket.unpipe().pause();
  };
  const server = createServer((inner) => {
    const outer = connect(Number(store.port), store.hostname);
    const pair: [Socket, Socket] = [inner, outer];
    pairs.add(pair);
    sockets.add(inner);
    const end = () => {
      for (const socket of pair) socket.destroy();
      pairs.delete(pair);
      sockets.delete(inner);
    };
    for (const socket of pair) socket.on('error', end).on('close', end).on('end', end);
    inner.pipe(outer);
    outer.pipe(inner);
    if (isMute) silence(pair);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    });
  const url = new URL(storeUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    get connections() {
      return sockets.size;
    },
    cut,
    mend: () => listen(port),
    mute() {
      isMute = true;
      for (const pair of pairs) silence(pair);
    },
    speak() {
      isMute = false;
    },
    stop: cut,
  };
}

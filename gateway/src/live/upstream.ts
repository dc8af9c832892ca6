import type { ExecutionResult } from 'graphql';
import { type Client, createClient, type Sink } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { SubgraphCaller } from '../request/caller.ts';
import { PayloadQueue } from './payloadQueue.ts';

/** How long a socket without subscriptions stays open, in milliseconds. */
const idleMs = 5_000;
/** How often a subgraph must show that it is alive, and how long its answer may take, in milliseconds. */
const pingEveryMs = 10_000;
const pongWithinMs = 5_000;
/** The longest pause between two attempts to reach a subgraph, in milliseconds. */
const maxRetryMs = 2_000;
/** The operation that is sent to the subgraph that owns the root field. */
export interface UpstreamOperation {
  readonly subgraph: string;
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown>;
}

/** A subscription's events, as the subgraph sends them. */
export type Upstream = AsyncIterableIterator<ExecutionResult>;

/** How many events may wait to be completed. If there are more, all are dropped for the state of the moment. */
const maxWaiting = 32;

/**
 * The subscriptions of one subgraph, all over one socket. Each message carries the headers of its caller in
 * `extensions.headers`. A lost socket is opened again, and its subscriptions begin anew with the state of the moment,
 * so their subscribers notice nothing.
 */
export class SubgraphSocket {
  readonly #client: Client;

  constructor(options: { url: string; internalSecret: string }) {
    let deadline: NodeJS.Timeout | undefined;
    let socket: WebSocket | undefined;
    this.#client = createClient({
      url: options.url.replace(/^http/, 'ws'),
      webSocketImpl: class extends WebSocket {
        constructor(url: string, protocols: string | string[]) {
          super(url, protocols, {
            headers: { 'x-internal-secret': options.internalSecret },
            handshakeTimeout: pongWithinMs,
            perMessageDeflate: false,
          });
        }
      },
      lazyCloseTimeout: idleMs,
      keepAlive: pingEveryMs,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: async (tries) => {
        const atMost = Math.min(maxRetryMs, 50 * 2 ** tries);
        await new Promise((resolve) => setTimeout(resolve, atMost * (0.5 + Math.random() / 2)));
      },
      // Pings find a socket whose other end has vanished; otherwise it would look alive for ever.
      on: {
        opened: (opened) => {
          socket = opened as WebSocket;
        },
        ping: (received) => {
          if (!received) deadline = setTimeout(() => socket?.terminate(), pongWithinMs);
        },
        pong: (received) => {
          if (received) clearTimeout(deadline);
        },
        closed: () => clearTimeout(deadline),
      },
    });
  }

  subscribe({ query, operationName, variables }: UpstreamOperation, caller: SubgraphCaller): Upstream {
    const headers = {
      ...caller.forwarded,
      'x-client-address': caller.clientAddress,
      'x-request-id': caller.requestId,
    };
    const payload = { query, operationName: operationName ?? null, variables, extensions: { headers } };
    return openUpstream((sink) => this.#client.subscribe(payload, sink as Sink));
  }

  /** Closes the socket. Its subscriptions must have ended before. */
  close(): void {
    // A connection attempt that is under way fails; no caller waits for it.
    void Promise.resolve(this.#client.dispose()).catch(() => undefined);
  }
}

/** Opens one subscription. It begins anew if its events arrive faster than they are read, so no queue grows. */
function openUpstream(subscribe: (sink: Sink<ExecutionResult>) => () => void): Upstream {
  let unsubscribe: () => void = () => undefined;
  const events = new PayloadQueue<ExecutionResult>(maxWaiting, {
    overflow: () => unsubscribe(),
    readAgain: () => begin(),
    end: () => unsubscribe(),
  });
  const begin = () => {
    let isOver = false;
    const dispose = subscribe({
      next: (event) => {
        if (!isOver) events.push(event);
      },
      error: (error) => {
        if (isOver) return;
        // A subgraph sends a list of GraphQL errors; any other error has ended the socket for good.
        const errors = Array.isArray(error)
          ? error
          : [{ message: String((error as Error)?.message ?? error) }];
        events.push({ errors });
        events.complete();
      },
      complete: () => {
        if (!isOver) events.complete();
      },
    });
    unsubscribe = () => {
      isOver = true;
      dispose();
    };
  };
  begin();
  return events;
}

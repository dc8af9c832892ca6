import type { ExecutionResult } from 'graphql';
import { type Client, createClient, type Sink } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { SubgraphCaller } from '../request/caller.ts';
import type { UpstreamOperation } from './generation.ts';
import { PayloadQueue } from './payloadQueue.ts';

/** How long a socket stays open once nothing goes on over it, in milliseconds. */
const idleMs = 5_000;
/** How often a subgraph has to show that it is alive, and how long it may take, in milliseconds. */
const pingEveryMs = 10_000;
const pongWithinMs = 5_000;
/** The longest pause between two tries to reach a subgraph, in milliseconds. */
const maxRetryMs = 2_000;
/** A subscription's events, as the subgraph sends them. */
export type Upstream = AsyncIterableIterator<ExecutionResult>;

/** How many events may wait to be completed before they are given up for the state of the moment. */
const maxWaiting = 32;

/**
 * The subscriptions of one subgraph: all of them over one socket. Each message tells whose it is, in
 * `extensions.headers`, as the headers of a request do. A socket that is lost is opened again, and the subscriptions
 * on it begin anew, with the state of the moment; so their subscribers notice nothing.
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
      // One that has gone without a word would look alive for ever.
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

  /** Its subscriptions have ended by then. */
  close(): void {
    // Where it is about to connect, that fails; nobody waits for it.
    void Promise.resolve(this.#client.dispose()).catch(() => undefined);
  }
}

/** One subscription's events. Where they come faster than they are taken, it begins anew instead of growing. */
function openUpstream(subscribe: (sink: Sink<ExecutionResult>) => () => void): Upstream {
  let unsubscribe: () => void = () => undefined;
  const events = new PayloadQueue(maxWaiting, {
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
        // Of a subgraph, these are a list of GraphQL's own errors; anything else has ended the socket for good.
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

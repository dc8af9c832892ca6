import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** How many sockets a swarm has, and what each of them does. */
export interface SwarmOptions {
  readonly count: number;
  /** The `authorization` of the n-th socket; none by default. */
  readonly authorization?: (n: number) => string;
  /** The subscriptions of the n-th socket; none by default. */
  readonly queries?: (n: number) => readonly string[];
  /** Called with each payload, and with the numbers of its socket and its subscription. */
  readonly onPayload?: (payload: unknown, socket: number, query: number) => void;
}

/** How many sockets are opened at a time. */
const openedAtOnce = 50;

/** Many clients of the graphql-transport-ws protocol in one process, each doing as little as possible. */
export class Swarm {
  readonly #sockets: WebSocket[] = [];
  #closing = false;
  /** How many payloads have come. */
  payloads = 0;
  /** How many sockets have closed unexpectedly. */
  lost = 0;

  /** Opens the sockets and subscribes; resolves once all are acknowledged. */
  static async open(url: string, options: SwarmOptions): Promise<Swarm> {
    const swarm = new Swarm();
    for (let n = 0; n < options.count; n += openedAtOnce) {
      const some = Array.from({ length: Math.min(openedAtOnce, options.count - n) }, (_, at) => n + at);
      await Promise.all(some.map((each) => swarm.#open(url, each, options)));
    }
    return swarm;
  }

  /** Resolves once this many payloads have come. @throws after a minute. */
  async until(payloads: number): Promise<void> {
    const end = performance.now() + 60_000;
    while (this.payloads < payloads) {
      if (performance.now() > end) throw new Error(`${this.payloads} of ${payloads} payloads after a minute`);
      await sleep(1);
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const socket of this.#sockets) socket.terminate();
    await sleep(200);
  }

  #open(url: string, n: number, { authorization, queries, onPayload }: SwarmOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
      this.#sockets.push(socket);
      socket.on('error', reject);
      socket.on('close', (code, reason) => {
        if (this.#closing) return;
        this.lost++;
        reject(new Error(`a socket was closed with ${code} ${reason}`));
      });
      socket.on('open', () => {
        const payload = authorization ? { authorization: authorization(n) } : {};
        socket.send(JSON.stringify({ type: 'connection_init', payload }));
      });
      socket.on('message', (data: Buffer) => {
        // Most messages are payloads. They are recognised without parsing, to save time.
        const text = data.toString('latin1', 0, 80);
        if (text.includes('"type":"next"')) {
          this.payloads++;
          if (!onPayload) return;
          const { id, payload } = JSON.parse(data.toString()) as { id: string; payload: unknown };
          onPayload(payload, n, Number(id));
        } else if (text.includes('"connection_ack"')) {
          for (const [at, query] of (queries?.(n) ?? []).entries())
            socket.send(JSON.stringify({ id: String(at), type: 'subscribe', payload: { query } }));
          resolve();
        } else if (text.includes('"type":"ping"')) {
          socket.send('{"type":"pong"}');
        } else if (text.includes('"type":"error"')) {
          reject(new Error(data.toString()));
        }
      });
    });
  }
}

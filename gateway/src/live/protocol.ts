import type { RawData, WebSocket } from 'ws';
import type { Source } from './hub.ts';

/** The answer to one operation; all texts are JSON. */
export type SocketAnswer =
  /** The errors for which it is refused before it runs. */
  { readonly refusals: string } | { readonly result: string } | { readonly payloads: Source };

/** What a connection's owner does with it. */
export interface SocketOwner {
  /** Called once, with the payload of `connection_init`. Returns false where it has closed the socket. */
  open(payload: Readonly<Record<string, unknown>>): Promise<boolean>;
  /** Runs an operation; rejects never. @param running how many run on this socket, this one included */
  run(parameters: unknown, running: number): Promise<SocketAnswer>;
  /** Called with an error that nobody expected; the socket is closed after it. */
  failed(error: unknown): void;
}

/** The subprotocol of WebSockets that is spoken here. */
export const socketProtocol = 'graphql-transport-ws';

/** The protocol's close codes. */
const badRequest = 4400;
const unauthorized = 4401;
const initTimeout = 4408;
const subscriberExists = 4409;
const tooManyInits = 4429;
const internalError = 4500;

/** How often a socket must show that it is alive, in milliseconds. */
const keepAliveMs = 12_000;
/** How long a client may take to send `connection_init`, in milliseconds. */
const initWithinMs = 5_000;
/** How many bytes may wait for a client before its payloads do, so that the hub can drop them. */
const maxBuffered = 16 * 1024;

/** An operation that runs. */
interface Running {
  payloads?: Source;
}

/**
 * Speaks graphql-transport-ws with one client (github.com/enisdenjo/graphql-ws, PROTOCOL.md). (*Instead:* the server of
 * the library graphql-ws, which makes each payload an object and then text again, and validates what we write: twice
 * the processor time per payload.)
 */
export class SocketConnection {
  readonly #socket: WebSocket;
  readonly #owner: SocketOwner;
  readonly #running = new Map<string, Running>();
  readonly #initTimer: NodeJS.Timeout;
  #state: 'new' | 'opening' | 'open' = 'new';
  #isAlive = true;

  constructor(socket: WebSocket, owner: SocketOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#initTimer = setTimeout(
      () => socket.close(initTimeout, 'Connection initialisation timeout'),
      initWithinMs,
    );
    const keepAlive = setInterval(() => this.#checkAlive(), keepAliveMs);
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('message', (data) => {
      this.#receive(data).catch((error: unknown) => {
        owner.failed(error);
        socket.close(internalError, 'Internal server error');
      });
    });
    socket.once('close', () => {
      clearTimeout(this.#initTimer);
      clearInterval(keepAlive);
      for (const id of [...this.#running.keys()]) this.#end(id);
    });
  }

  #checkAlive(): void {
    if (!this.#isAlive) this.#socket.terminate();
    else this.#socket.ping();
    this.#isAlive = false;
  }

  async #receive(data: RawData): Promise<void> {
    // A client may go on sending after its socket has been closed, for example because its session has ended.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const message = readMessage(String(data));
    switch (message?.type) {
      case 'connection_init':
        return this.#open(message.payload);
      case 'subscribe':
        if (typeof message.id === 'string' && message.id !== '')
          return this.#run(message.id, message.payload);
        break;
      case 'complete':
        if (typeof message.id === 'string') return this.#end(message.id);
        break;
      case 'ping':
        // Who does not read the answers gets no more of them.
        if (this.#socket.bufferedAmount > maxBuffered) return;
        return this.#send(JSON.stringify({ type: 'pong', payload: message.payload }));
      case 'pong':
        return;
    }
    this.#socket.close(badRequest, 'Invalid message');
  }

  async #open(payload: unknown): Promise<void> {
    if (this.#state !== 'new') return this.#socket.close(tooManyInits, 'Too many initialisation requests');
    this.#state = 'opening';
    clearTimeout(this.#initTimer);
    if (!(await this.#owner.open(isRecord(payload) ? payload : {}))) return;
    this.#state = 'open';
    this.#send('{"type":"connection_ack"}');
  }

  async #run(id: string, parameters: unknown): Promise<void> {
    if (this.#state !== 'open') return this.#socket.close(unauthorized, 'Unauthorized');
    if (this.#running.has(id))
      // Without the id, as long as the client likes: a reason has at most 123 bytes.
      return this.#socket.close(subscriberExists, 'Subscriber already exists');
    const running: Running = {};
    this.#running.set(id, running);
    const answer = await this.#owner.run(parameters, this.#running.size);
    // The client may have ended it meanwhile, and begun another one with the same id.
    if (this.#running.get(id) !== running) return void ('payloads' in answer && answer.payloads.return?.());
    const named = `{"id":${JSON.stringify(id)},"type":`;
    if ('refusals' in answer) {
      this.#running.delete(id);
      this.#send(`${named}"error","payload":${answer.refusals}}`);
      return;
    }
    // It counts as running until it is on its way, so a client that does not read cannot pile up answers here.
    if ('result' in answer) await this.#sendInTurn(`${named}"next","payload":${answer.result}}`);
    else {
      running.payloads = answer.payloads;
      const head = `${named}"next","payload":`;
      // Waits for a slow client. Meanwhile the hub keeps its payloads, or drops them for the state of the moment.
      for await (const payload of answer.payloads) await this.#sendInTurn(`${head}${payload}}`);
    }
    if (this.#running.get(id) !== running) return;
    this.#running.delete(id);
    this.#send(`${named}"complete"}`);
  }

  #end(id: string): void {
    const running = this.#running.get(id);
    this.#running.delete(id);
    void running?.payloads?.return?.();
  }

  #send(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text);
  }

  /** Sends a message and, where much still waits for the client, waits until this one is on its way, too. */
  async #sendInTurn(text: string): Promise<void> {
    if (this.#socket.bufferedAmount + text.length <= maxBuffered) this.#send(text);
    else await new Promise<void>((resolve) => this.#socket.send(text, () => resolve()));
  }
}

function readMessage(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return isRecord(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

import { type Kysely, sql } from 'kysely';
import { listenToDatabase } from '../database/notifications.ts';
import type { Hint, HintSender } from '../database/unitOfWork.ts';
import { type Log, seldom } from '../process/log.ts';
import { connectRedis, type RedisLocation } from '../process/redis.ts';

/** The hints of one service, which its processes send to each other after their commits. */
export interface Hints extends HintSender {
  /** Receives the hints of all processes of the service, also of this one. */
  listen(listener: HintListener): void;
  close(): Promise<void>;
}

export interface HintListener {
  readonly onHint: (hint: Hint) => void;
  /** Called when hints are received, for the first time or again: earlier ones were missed. */
  readonly onListening: () => void;
}

/** Opens a service's hints: over Redis if there is one, otherwise over the service's database. */
export function openHints<Tables>(options: {
  service: string;
  db: Kysely<Tables>;
  /** A URL where LISTEN works on its database; undefined where there is none. */
  listenUrl: string | undefined;
  redis: RedisLocation | undefined;
  log: Log;
}): Hints {
  const { service, db, listenUrl, redis, log } = options;
  const name = `hints_${service}`;
  const channel = redis ? redisChannel(name, redis, log) : databaseChannel(name, db, listenUrl, log);
  return {
    send: inOrder(channel.send),
    listen({ onHint, onListening }) {
      channel.listen((text) => {
        try {
          onHint(JSON.parse(text) as Hint);
        } catch (error) {
          log.warn({ err: error }, `a hint could not be read: ${text.slice(0, 100)}`);
        }
      }, onListening);
    },
    close: () => channel.close(),
  };
}

/** What carries hints. */
interface Channel {
  send(message: string): Promise<unknown>;
  listen(onMessage: (message: string) => void, onListening: () => void): void;
  close(): Promise<void>;
}

function redisChannel(name: string, redis: RedisLocation, log: Log): Channel {
  const warn = seldom((error: Error) =>
    log.warn(
      `hints do not get through Redis (${error.message}); live views are read again in a while anyway`,
    ),
  );
  const sending = connectRedis(redis, 'impatient').on('error', warn);
  const connections = [sending];
  return {
    send: (message) => sending.publish(name, message),
    listen(onMessage, onListening) {
      const listening = connectRedis(redis, 'patient').on('error', warn);
      connections.push(listening);
      listening.on('message', (_, message: string) => onMessage(message));
      // Also after each loss of the connection: ioredis subscribes again by itself, but does not say when it has.
      listening.on('ready', () => void listening.subscribe(name).then(onListening, warn));
    },
    async close() {
      for (const connection of connections) connection.disconnect();
    },
  };
}

function databaseChannel<Tables>(
  name: string,
  db: Kysely<Tables>,
  url: string | undefined,
  log: Log,
): Channel {
  let listening: { stop(): Promise<void> } | undefined;
  return {
    send: (message) => sql`select pg_notify(${name}, ${message})`.execute(db),
    listen(onMessage, onListening) {
      // Live views are then read again at intervals only.
      if (url === undefined) return;
      listening = listenToDatabase(url, {
        channels: [name],
        applicationName: 'hints',
        onMessage: (_, message) => onMessage(message),
        onListening,
        log,
      });
    },
    close: async () => listening?.stop(),
  };
}

/** How many keys a hint carries: so many fit into the 8,000 bytes of a notification. With more, it is about all keys. */
const maxKeys = 150;

/** Sends one message at a time; hints that come meanwhile become one per topic and lane. */
function inOrder(send: Channel['send']): (hint: Hint) => void {
  const waiting = new Map<string, Hint>();
  let sending = false;
  const sendAll = async () => {
    sending = true;
    for (const [key, hint] of waiting) {
      waiting.delete(key);
      // If it is lost, live views are read again within 10 s anyway.
      await send(JSON.stringify(hint)).catch(() => undefined);
    }
    sending = false;
  };
  return (hint) => {
    const key = `${hint.topic} ${hint.lane}`;
    waiting.set(key, { ...hint, keys: together(waiting.get(key), hint) });
    if (!sending) void sendAll();
  };
}

function together(before: Hint | undefined, { keys }: Hint): readonly string[] | null {
  if (!keys || before?.keys === null) return null;
  const all = [...new Set([...(before?.keys ?? []), ...keys])];
  return all.length <= maxKeys ? all : null;
}

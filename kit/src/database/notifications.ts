import { type QueryExecutorProvider, sql } from 'kysely';
import pg from 'pg';
import type { Log } from '../process/log.ts';
import { keepAliveAfterMs } from './pool.ts';

/**
 * The loops that a process can wake in all processes of its service, by a notification (NOTIFY) after a commit. It carries
 * no data: the loop looks into the database.
 */
export const loopNames = ['outbox_interactive', 'outbox_bulk', 'runs', 'mail', 'dead_letters'] as const;
export type LoopName = (typeof loopNames)[number];

/**
 * Sends notifications on a service's database, outside of transactions: inside, `NOTIFY` would serialise all commits of the
 * database. Per loop at most one is under way, and one more waits.
 */
export class Notifier {
  readonly #db: QueryExecutorProvider;
  readonly #states = new Map<LoopName, 'sending' | 'again'>();

  constructor(db: QueryExecutorProvider) {
    this.#db = db;
  }

  notify(loop: LoopName): void {
    if (this.#states.has(loop)) {
      this.#states.set(loop, 'again');
      return;
    }
    this.#states.set(loop, 'sending');
    sql`select pg_notify(${loop}, '')`
      .execute(this.#db)
      // If it is lost, the loop looks at its next interval.
      .catch(() => undefined)
      .finally(() => {
        const again = this.#states.get(loop) === 'again';
        this.#states.delete(loop);
        if (again) this.notify(loop);
      });
  }
}

/** Listens for loops to wake; without a URL it does nothing. */
export function listenForWakes(
  url: string | undefined,
  onWake: (loop: LoopName) => void,
  log: Log,
): { stop(): Promise<void> } {
  if (url === undefined) return { stop: async () => undefined };
  return listenToDatabase(url, {
    channels: loopNames,
    applicationName: 'notifications',
    onMessage: (loop) => onWake(loop as LoopName),
    // Notifications were missed until now.
    onListening: () => {
      for (const loop of loopNames) onWake(loop);
    },
    log,
  });
}

/** Listens to notifications on its own connection, which is opened again when it is lost. */
export function listenToDatabase(
  url: string,
  options: {
    channels: readonly string[];
    applicationName: string;
    onMessage: (channel: string, payload: string) => void;
    /** Called when it listens, for the first time or again: earlier notifications were missed. */
    onListening: () => void;
    log: Log;
  },
): { stop(): Promise<void> } {
  const { channels, applicationName, onMessage, onListening, log } = options;
  let client: pg.Client | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const connect = async () => {
    const next = new pg.Client({
      connectionString: url,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveAfterMs,
      connectionTimeoutMillis: 5_000,
      application_name: applicationName,
    });
    let lost = false;
    const retry = () => {
      if (lost || stopped) return;
      lost = true;
      timer = setTimeout(connect, 1_000);
    };
    next.on('error', (error) => {
      log.warn(
        `the connection for ${applicationName} was lost (${error.message}); loops go on, and it is opened again`,
      );
      retry();
    });
    next.on('end', retry);
    next.on('notification', ({ channel, payload }) => onMessage(channel, payload ?? ''));
    try {
      await next.connect();
      if (stopped) return void (await next.end());
      client = next;
      await next.query(channels.map((channel) => `listen ${channel}`).join('; '));
      onListening();
    } catch {
      retry();
    }
  };
  void connect();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}

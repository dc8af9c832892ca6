import { type Kysely, sql } from 'kysely';
import { Gauge, type Registry } from 'prom-client';
import type { InboxTables } from './inbox.ts';
import type { Relay } from './relay.ts';

/** The metrics of events that do not arrive, for `/metrics`. */
export interface DeliveryGauges {
  /** Adds a relay: its events that have failed for over an hour, by producer and consumer. */
  showOverdue(producer: string, relay: Relay): void;
  /** Adds a database: its dead letters and held events, by consumer and kind. */
  showPutAside<Tables extends InboxTables>(db: Kysely<Tables>): void;
}

async function count(db: Kysely<InboxTables>, table: 'dead_letter' | 'held_event') {
  const { rows } = await sql<{ consumer: string; event: string; n: number }>`
    select consumer, event, count(*) as n from ${sql.table(table)} group by 1, 2`.execute(db);
  return rows;
}

/** Registers the gauges of a process; their values are read when `/metrics` is asked for. */
export function deliveryGauges(registry: Registry): DeliveryGauges {
  const relays: { producer: string; relay: Relay }[] = [];
  const databases: Kysely<InboxTables>[] = [];
  const registers = [registry];
  new Gauge({
    name: 'events_overdue',
    help: 'Events that have been sent in vain for over an hour',
    labelNames: ['producer', 'consumer'],
    registers,
    collect() {
      this.reset();
      for (const { producer, relay } of relays)
        for (const { consumer, count } of relay.overdue()) this.set({ producer, consumer }, count);
    },
  });
  const countOf = (table: 'dead_letter' | 'held_event', name: string, help: string) =>
    new Gauge({
      name,
      help,
      labelNames: ['consumer', 'event'],
      registers,
      async collect() {
        this.reset();
        for (const db of databases) {
          // Without an answer of the database its figures are left out, and all other metrics are shown.
          for (const { consumer, event, n } of await count(db, table).catch(() => []))
            this.set({ consumer, event }, n);
        }
      },
    });
  countOf('dead_letter', 'dead_letters', 'Facts that were refused for good');
  countOf('held_event', 'held_events', 'Events of kinds that wait, since the database refused five in a row');
  return {
    showOverdue: (producer, relay) => void relays.push({ producer, relay }),
    showPutAside: (db) => void databases.push(db as unknown as Kysely<InboxTables>),
  };
}

import type { ColumnType, Generated } from 'kysely';
import { LRUCache } from 'lru-cache';

/**
 * Events that a person waits for and bulk events use different queues, so that the first never wait for the second.
 */
export const lanes = ['interactive', 'bulk'] as const;
export type Lane = (typeof lanes)[number];

/** The outbox's tables, part of the database of each service that sends events. */
export interface OutboxTables {
  outbox_event: { id: string; event: string; payload: string; created_at: Date };
  outbox_delivery: {
    seq: Generated<number>;
    event_id: string;
    consumer: string;
    lane: Lane;
    /** When it is to be sent, or sent again. */
    next_at: ColumnType<Date, Date, Date>;
    /** How often it was sent. */
    attempts: number;
  };
}

/** Creates the outbox's tables; part of a service's first migration. */
export const outboxSql = new URL('./outbox.sql', import.meta.url);

/** How many characters of payloads are kept: about fifty batches, 8 MB for Latin letters. */
const mostKept = 8_000_000;

/**
 * The payloads of bulk events that this process has just committed, by event. Payloads never change, so the relay in the
 * same process does not read them from the database once per consumer: that took a tenth of a reassignment's time.
 */
export class KeptPayloads {
  readonly #kept = new LRUCache<string, string>({
    maxSize: mostKept,
    sizeCalculation: ({ length }) => Math.max(1, length),
  });

  /** A copy of what is kept now. */
  get now(): ReadonlyMap<string, string> {
    return new Map(this.#kept.entries());
  }

  keep(eventId: string, payload: string): void {
    this.#kept.set(eventId, payload);
  }
}

import type { ColumnType, Generated } from 'kysely';
import { LRUCache } from 'lru-cache';

/**
 * Interactive events, which a person waits for, and bulk events travel in different queues, so that the first never
 * wait behind the second.
 */
export const lanes = ['interactive', 'bulk'] as const;
export type Lane = (typeof lanes)[number];

/** The tables of the outbox, part of every producing service's database. */
export interface OutboxTables {
  outbox_event: { id: string; event: string; payload: string; created_at: Date };
  outbox_delivery: {
    seq: Generated<number>;
    event_id: string;
    consumer: string;
    lane: Lane;
    /** When it is due to be sent, for the first time or again. */
    next_at: ColumnType<Date, Date, Date>;
    /** How often it was sent. */
    attempts: number;
  };
}

/** Makes the outbox's tables, in a service's own migration. */
export const outboxSql = new URL('./outbox.sql', import.meta.url);

/** How many characters of payloads are kept: some fifty batches, 8 MB where letters are Latin ones. */
const mostKept = 8_000_000;

/**
 * Payloads of bulk events that this process committed lately, by event. They never change, so a relay in the same
 * process, as the workers' are, need not read them back once for each consumer: that took a tenth of a reassignment.
 */
export class KeptPayloads {
  readonly #kept = new LRUCache<string, string>({
    maxSize: mostKept,
    sizeCalculation: ({ length }) => Math.max(1, length),
  });

  /** Those of this moment. */
  get now(): ReadonlyMap<string, string> {
    return new Map(this.#kept.entries());
  }

  keep(eventId: string, payload: string): void {
    this.#kept.set(eventId, payload);
  }
}

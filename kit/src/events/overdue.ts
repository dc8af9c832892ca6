import { type Kysely, sql } from 'kysely';
import type { OutboxTables } from '../database/outbox.ts';
import type { Log } from '../process/log.ts';
import { type Loop, startLoop } from '../process/loop.ts';

/** How long an event may fail before it is logged, in milliseconds. */
const overdueAfterMs = 3_600_000;

/** How often this is checked, in milliseconds. */
const intervalMs = 60_000;

/** How often it is logged again while it lasts, in milliseconds. */
const sayEveryMs = 3_600_000;

/** The events that one consumer has not applied for over an hour. */
export interface Overdue {
  readonly consumer: string;
  readonly count: number;
  /** When the oldest of them happened. */
  readonly since: Date;
}

/** Counts the events of an outbox that have failed for over an hour, by consumer. */
export async function findOverdue(db: Kysely<OutboxTables>, now: Date): Promise<Overdue[]> {
  // Reads all deliveries: the outbox holds only events under way, and it is read once a minute.
  const { rows } = await sql<Overdue>`
    select d.consumer, count(*) as count, min(e.created_at) as since
    from outbox_delivery d join outbox_event e on e.id = d.event_id
    where d.attempts > 0 and e.created_at < ${new Date(now.getTime() - overdueAfterMs)}
    group by d.consumer order by d.consumer`.execute(db);
  return rows;
}

/**
 * Logs events that fail without being poison, once an hour per consumer: they are tried again without end, which no
 * operator would notice otherwise.
 */
export function watchOverdue(options: {
  db: Kysely<OutboxTables>;
  producer: string;
  now: () => Date;
  log: Log;
}): Loop & { readonly found: readonly Overdue[] } {
  const { db, producer, now, log } = options;
  let found: readonly Overdue[] = [];
  const saidAt = new Map<string, number>();
  const loop = startLoop({
    what: `looking for events of ${producer} that do not arrive`,
    intervalMs,
    log,
    run: async () => {
      found = await findOverdue(db, now());
      for (const { consumer, count, since } of found) {
        const at = now().getTime();
        if (at - (saidAt.get(consumer) ?? Number.NEGATIVE_INFINITY) < sayEveryMs) continue;
        saidAt.set(consumer, at);
        log.error(
          `${consumer} has not applied ${count} events of ${producer} for over an hour, the oldest of ${since.toISOString()}: look in the log of its workers for why ("could not apply"), and whether any run; nothing is lost meanwhile`,
        );
      }
      for (const consumer of saidAt.keys())
        if (!found.some((each) => each.consumer === consumer)) saidAt.delete(consumer);
    },
  });
  return {
    ...loop,
    get found() {
      return found;
    },
  };
}

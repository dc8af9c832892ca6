import { type Kysely, sql } from 'kysely';
import type { OutboxTables } from '../database/outbox.ts';
import type { Log } from '../process/log.ts';
import { type Loop, startLoop } from '../process/loop.ts';

/** How long an event may fail before it is worth a sentence, in milliseconds. */
const overdueAfterMs = 3_600_000;

/** How often that is looked at, in milliseconds. */
const intervalMs = 60_000;

/** How often the same is said while it lasts, in milliseconds. */
const sayEveryMs = 3_600_000;

/** Events that have been sent in vain for over an hour, of one consumer. */
export interface Overdue {
  readonly consumer: string;
  readonly count: number;
  /** When the oldest of them happened. */
  readonly since: Date;
}

/** The events of an outbox that have been sent in vain for over an hour, by consumer. */
export async function findOverdue(db: Kysely<OutboxTables>, now: Date): Promise<Overdue[]> {
  // The outbox holds what is under way: few rows, or a backlog that is worth reading once a minute.
  const { rows } = await sql<Overdue>`
    select d.consumer, count(*) as count, min(e.created_at) as since
    from outbox_delivery d join outbox_event e on e.id = d.event_id
    where d.attempts > 0 and e.created_at < ${new Date(now.getTime() - overdueAfterMs)}
    group by d.consumer order by d.consumer`.execute(db);
  return rows;
}

/**
 * Watches for events that fail and are no poison: they are tried again without end, and without this nobody would hear
 * of it. Each consumer is named in the log once an hour, as long as it lasts.
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

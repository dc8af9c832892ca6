import { type Kysely, sql } from 'kysely';
import type { Lane } from '../database/outbox.ts';
import type { UnitOfWork } from '../database/unitOfWork.ts';

/** The inbox's tables, part of the database of each service that consumes events. */
export interface InboxTables {
  inbox: { consumer: string; event_id: string; applied_at: Date };
  dead_letter: {
    id: string;
    consumer: string;
    event: string;
    lane: Lane;
    /** The fact as JSON. */
    fact: string;
    error: string;
    attempts: number;
    failed_at: Date;
    /** When an admin asked to resend it; null where none has. */
    resend_requested_at: Date | null;
  };
  /** An event of a kind that waits (see `EventKinds`). It has its inbox row, so the producer does not send it again. */
  held_event: {
    id: string;
    consumer: string;
    event_id: string;
    event: string;
    lane: Lane;
    payload: string;
    held_at: Date;
    /** How often it was tried while held. */
    attempts: number;
    /** Why it was refused last; null before the first try. */
    error: string | null;
  };
}

/** Creates the inbox and the dead letters; part of a service's first migration. */
export const inboxSql = new URL('./inbox.sql', import.meta.url);

/** Inserts an event's inbox row; false where it is there. Waits while another transaction applies the event. */
export async function recordInInbox<Tables extends InboxTables>(
  work: UnitOfWork<Tables>,
  consumer: string,
  eventId: string,
): Promise<boolean> {
  const { rows } = await sql`
    insert into inbox (consumer, event_id, applied_at) values (${consumer}, ${eventId}, ${work.now})
    on conflict do nothing returning 1`.execute(work.trx);
  return rows.length > 0;
}

/** A service's database, of which only the inbox's tables are used here. */
export const inboxOf = <Tables extends InboxTables>(db: Kysely<Tables>) =>
  db as unknown as Kysely<InboxTables>;

/** How long inbox rows are kept, in days: far longer than an event can be under way. */
export const inboxRetentionDays = 90;

/** Deletes inbox rows of events that cannot be sent again. */
export async function purgeInbox<Tables extends InboxTables>(db: Kysely<Tables>, now: Date): Promise<void> {
  const before = new Date(now.getTime() - inboxRetentionDays * 86_400_000);
  await inboxOf(db).deleteFrom('inbox').where('applied_at', '<', before).execute();
}

import { type Kysely, sql } from 'kysely';
import type { Lane } from '../database/outbox.ts';
import type { UnitOfWork } from '../database/unitOfWork.ts';

/** The tables of the inbox, part of every consuming service's database. */
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
    /** When an admin asked for it to be applied again; null while nobody has. */
    resend_requested_at: Date | null;
  };
  /** An event of a kind that waits (see `EventKinds`). Its inbox row is there: the producer need not send it again. */
  held_event: {
    id: string;
    consumer: string;
    event_id: string;
    event: string;
    lane: Lane;
    payload: string;
    held_at: Date;
    /** How often it was tried while it was held. */
    attempts: number;
    /** Why it was refused the last time; null while it has not been tried. */
    error: string | null;
  };
}

/** Makes the inbox and the dead letters, in a service's own migration. */
export const inboxSql = new URL('./inbox.sql', import.meta.url);

/** False where the event had been recorded before. Waits while another transaction is just applying it. */
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

/** A database as this file sees it: whatever else it holds is somebody else's. */
export const inboxOf = <Tables extends InboxTables>(db: Kysely<Tables>) =>
  db as unknown as Kysely<InboxTables>;

/** How long an inbox row is kept, in days: far longer than a delivery can be under way. */
export const inboxRetentionDays = 90;

/** Forgets events that were applied so long ago that they cannot be sent again. */
export async function purgeInbox<Tables extends InboxTables>(db: Kysely<Tables>, now: Date): Promise<void> {
  const before = new Date(now.getTime() - inboxRetentionDays * 86_400_000);
  await inboxOf(db).deleteFrom('inbox').where('applied_at', '<', before).execute();
}

import { type Kysely, sql } from 'kysely';
import type { Lane, OutboxTables } from '../database/outbox.ts';

/** The longest time after which a delivery is sent again, in milliseconds. */
const maxResendAfterMs = 30_000;

/**
 * A resend time further in the future than this, in milliseconds, was set by a relay with a wrong clock. Twice the longest
 * time, since the clocks of two relays differ a little.
 */
const latestResendMs = 2 * maxResendAfterMs;

/** A delivery that is to be sent now. */
export interface TakenDelivery {
  readonly eventId: string;
  readonly event: string;
  readonly payload: string;
}

/**
 * Takes deliveries that are due, and sets when they are sent again if no receipt comes. A delivery that was never sent is
 * due whatever its time, and so is one with a resend time that only a wrong clock can have set.
 * At most `window` are under way per lane and consumer. A delivery leaves the window when its resend time has come, so lost
 * receipts never block it for good. Several relays share the work by SKIP LOCKED. *Instead:* the sequence number as a cursor
 * would miss events, since numbers are not in the order of commits.
 */
export async function takeDeliveries(
  db: Kysely<OutboxTables>,
  options: {
    lane: Lane;
    consumer: string;
    window: number;
    now: Date;
    resendAfterMs: number;
    /** Payloads that are not read from the database: see `KeptPayloads`. */
    kept?: ReadonlyMap<string, string>;
  },
): Promise<TakenDelivery[]> {
  const { lane, consumer, window, now, resendAfterMs, kept = new Map<string, string>() } = options;
  // Capped before the multiplication, which would overflow after many attempts and stop the lane.
  const mostSteps = Math.ceil(maxResendAfterMs / resendAfterMs);
  const latest = new Date(now.getTime() + latestResendMs);
  const { rows } = await sql<Omit<TakenDelivery, 'payload'> & { payload: string | null }>`
    with under_way as (
      select count(*) as n from outbox_delivery
      where lane = ${lane} and consumer = ${consumer} and next_at > ${now} and next_at <= ${latest} and attempts > 0
    ), due as (
      -- In the order of the index, so it passes over what is under way, a window at most, and stops at the limit.
      select seq from outbox_delivery
      where lane = ${lane} and consumer = ${consumer}
        and (next_at <= ${now} or attempts = 0 or next_at > ${latest})
      order by next_at, seq
      limit greatest(0, ${window} - (select n from under_way))
      for update skip locked
    ), taken as (
      update outbox_delivery d
      set attempts = d.attempts + 1,
          next_at = ${now}::timestamptz + least(least(d.attempts + 1, ${mostSteps}) * ${resendAfterMs}, ${maxResendAfterMs}) * interval '1 millisecond'
      -- A list and not a join: the limit is not known when it is planned, so a join read both tables whole. With
      -- 180,000 deliveries waiting, taking 500 of them took 130 ms instead of 10.
      where d.seq = any(array(select seq from due))
      returning d.event_id, d.seq
    )
    select e.id as "eventId", e.event,
      case when e.id <> all(${[...kept.keys()]}::uuid[]) then e.payload end as payload
    from taken join outbox_event e on e.id = taken.event_id
    order by taken.seq`.execute(db);
  return rows.map((row) => ({ ...row, payload: row.payload ?? (kept.get(row.eventId) as string) }));
}

/** Makes deliveries due again that did not get into the queue, or that a wiped queue has lost; returns how many. */
export async function returnDeliveries(
  db: Kysely<OutboxTables>,
  options: { now: Date; dueAt: Date; consumer?: string; eventIds?: readonly string[] },
): Promise<number> {
  let query = db
    .updateTable('outbox_delivery')
    .set({ next_at: options.dueAt })
    .where('next_at', '>', options.now)
    .where('attempts', '>', 0);
  if (options.consumer) query = query.where('consumer', '=', options.consumer);
  if (options.eventIds) query = query.where('event_id', '=', sql<string>`any(${options.eventIds}::uuid[])`);
  const result = await query.executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/**
 * Notes receipts: deletes deliveries whose events the consumer has committed, and events that have no delivery left. The
 * events' rows are locked first, so that the receipts of two consumers see each other.
 */
export async function noteReceipts(
  db: Kysely<OutboxTables>,
  consumer: string,
  eventIds: readonly string[],
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`select from outbox_event where id = any(${eventIds}::uuid[]) order by id for update`.execute(
      trx,
    );
    await sql`delete from outbox_delivery where event_id = any(${eventIds}::uuid[]) and consumer = ${consumer}`.execute(
      trx,
    );
    await sql`delete from outbox_event e where e.id = any(${eventIds}::uuid[])
      and not exists (select from outbox_delivery d where d.event_id = e.id)`.execute(trx);
  });
}

import { type ColumnType, type Generated, type Kysely, sql } from 'kysely';

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

/** Creates the outbox; called by a service's own migration. */
export async function createOutbox(db: Kysely<never>): Promise<void> {
  // `external`: kept out of line and not compressed, which costs time and saves nothing that lives this shortly.
  await sql`create table outbox_event (
    id uuid primary key,
    event text not null,
    payload text not null,
    created_at timestamptz not null
  )`.execute(db);
  await sql`alter table outbox_event alter column payload set storage external`.execute(db);
  await sql`create table outbox_delivery (
    seq bigint generated always as identity primary key,
    event_id uuid not null references outbox_event (id),
    consumer text not null,
    lane text not null check (lane in ('interactive', 'bulk')),
    next_at timestamptz not null,
    attempts integer not null default 0,
    unique (event_id, consumer)
  )`.execute(db);
  await sql`create index outbox_delivery_due on outbox_delivery (lane, consumer, next_at)`.execute(db);
}

/** How many characters of payloads are kept: some fifty batches, 8 MB where letters are Latin ones. */
const mostKept = 8_000_000;

/**
 * Payloads of bulk events that this process committed lately, by event. They never change, so a relay in the same
 * process, as the workers' are, need not read them back once for each consumer: that took a tenth of a reassignment.
 */
export class KeptPayloads {
  #kept: ReadonlyMap<string, string> = new Map();

  /** Those of this moment: the map stays as it is while others are added. */
  get now(): ReadonlyMap<string, string> {
    return this.#kept;
  }

  keep(eventId: string, payload: string): void {
    const kept = new Map([...this.#kept, [eventId, payload]]);
    let characters = 0;
    for (const { length } of kept.values()) characters += length;
    for (const [oldest, { length }] of kept) {
      if (characters <= mostKept) break;
      kept.delete(oldest);
      characters -= length;
    }
    this.#kept = kept;
  }
}

/** However often a delivery was sent in vain, it is sent again after this time, in milliseconds. */
const maxResendAfterMs = 30_000;

/**
 * A resend time that lies further ahead than this was set by a relay whose clock was wrong, in milliseconds. Twice the
 * longest time: the clocks of two relays never agree to the millisecond.
 */
const latestResendMs = 2 * maxResendAfterMs;

/** A delivery that was taken to be sent. */
export interface TakenDelivery {
  readonly eventId: string;
  readonly event: string;
  readonly payload: string;
}

/**
 * Takes deliveries that are due and puts their next sending off, so that one without a receipt is sent again. What was
 * never sent is due whatever its time, and so is what no right clock can have put off that far: a process whose clock was
 * days ahead must not keep an event from the others for as long.
 * At most `window` are under way per lane and consumer; what is under way leaves the window when its time is up, so
 * lost receipts never block it for good. Several relays share the work by SKIP LOCKED; a sequence number is never
 * used as a cursor, since numbers are not in the order of commits.
 */
export async function takeDeliveries(
  db: Kysely<OutboxTables>,
  options: {
    lane: Lane;
    consumer: string;
    window: number;
    now: Date;
    resendAfterMs: number;
    /** Payloads that need not be read: see `KeptPayloads`. */
    kept?: ReadonlyMap<string, string>;
  },
): Promise<TakenDelivery[]> {
  const { lane, consumer, window, now, resendAfterMs, kept = new Map<string, string>() } = options;
  // Capped before it is multiplied: the product of many attempts would be no integer any more, and stop the lane.
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

/** Puts deliveries back that could not be handed to the queue, or that a wiped queue has lost. */
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
 * Notes receipts: the consumer has committed these events, so their deliveries are done. An event without deliveries
 * is deleted; the event's row is locked first, so that the receipts of two consumers see each other.
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

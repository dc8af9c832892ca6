import { type Columns, type EventDefinition, encodeColumns } from '@ates/schema/event';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../process/clock.ts';
import { newId } from '../process/ids.ts';
import { type LoopName, Notifier } from './notifications.ts';
import { KeptPayloads, type Lane } from './outbox.ts';
import { inTransaction } from './transactions.ts';

/** 'Read again': what may have changed. Never the truth itself, and it may be lost. */
export interface Hint {
  /** What it is about, such as `balances`. */
  readonly topic: string;
  /** Of whom or of what; null where there are more than a message carries. */
  readonly keys: readonly string[] | null;
  /** Views may take a while over a bulk change. */
  readonly lane: Lane;
}

/** Sends hints to the live views in all processes of a service. It neither waits nor throws. */
export interface HintSender {
  send(hint: Hint): void;
}

/** An event was not what its schema says: a mistake in the producer, and nothing of its transaction happens. */
export class EventSchemaError extends Error {
  override name = 'EventSchemaError';
}

/** What a unit of work leaves to be done once it has committed. */
type FollowUp = { wake: LoopName } | { hint: Hint } | { keep: { eventId: string; payload: string } };

/**
 * One transaction of a use case: its statements, its moment, and what follows from it. Events are appended inside the
 * transaction; loops are woken and live views are hinted after its commit, and only then. Each try of a transaction has
 * a unit of its own, so nothing follows from a try that was rolled back.
 */
export class UnitOfWork<Tables> {
  /** For SQL. */
  readonly trx: Transaction<Tables>;
  readonly #clock: Clock;
  #now: Date;
  readonly #followUps: FollowUp[] = [];
  #savepoints = 0;

  constructor(trx: Transaction<Tables>, clock: Clock) {
    this.trx = trx;
    this.#clock = clock;
    this.#now = clock.now();
  }

  /** The moment of this work: when it began, or when `readClock` was called last. */
  get now(): Date {
    return this.#now;
  }

  /** Reads the moment anew, for a use case that has waited for a lock. */
  readClock(): Date {
    this.#now = this.#clock.now();
    return this.#now;
  }

  /**
   * Appends an event to the outbox, in the transaction that made it true: one row for the event, and one delivery for
   * each of its consumers. The relay is woken after the commit. It is due at once: by the database's clock where the
   * producer's is ahead of that.
   * @throws EventSchemaError where the facts are not what the event's schema says.
   */
  async append<Definition extends EventDefinition>(
    definition: Definition,
    columns: Columns<Definition>,
    lane: Lane,
  ): Promise<void> {
    const checked = definition.columns.safeParse(columns);
    if (!checked.success) {
      const issue = checked.error.issues[0];
      throw new EventSchemaError(
        `${definition.name} does not match its schema: ${issue?.path.join('.')} ${issue?.message}`,
      );
    }
    const eventId = newId();
    const payload = encodeColumns(columns);
    await sql`
      with event as (
        insert into outbox_event (id, event, payload, created_at)
        values (${eventId}, ${definition.name}, ${payload}, ${this.#now})
        returning id
      )
      insert into outbox_delivery (event_id, consumer, lane, next_at)
      select event.id, consumer, ${lane}, least(${this.#now}::timestamptz, clock_timestamp())
      from event, unnest(${definition.consumers as string[]}::text[]) as consumer`.execute(this.trx);
    if (lane === 'bulk') this.#followUps.push({ keep: { eventId, payload } });
    this.wake(`outbox_${lane}`);
  }

  /** Wakes a loop in all processes of the service after the commit; otherwise it looks at its next interval only. */
  wake(loop: LoopName): void {
    const isWoken = this.#followUps.some((each) => 'wake' in each && each.wake === loop);
    if (!isWoken) this.#followUps.push({ wake: loop });
  }

  /** Tells live views in all processes of the service to read again, after the commit. */
  hint(topic: string, keys: readonly string[] | null, lane: Lane): void {
    this.#followUps.push({ hint: { topic, keys, lane } });
  }

  /**
   * Does a part of the work that may be taken back by itself. Where it throws, its statements are rolled back to the
   * savepoint, what would have followed from it is dropped, and the error is passed on.
   */
  async savepoint<Result>(part: () => Promise<Result>): Promise<Result> {
    const followUps = this.#followUps.length;
    const name = sql.id(`part_${++this.#savepoints}`);
    await sql`savepoint ${name}`.execute(this.trx);
    try {
      const result = await part();
      await sql`release savepoint ${name}`.execute(this.trx);
      return result;
    } catch (error) {
      this.#followUps.length = followUps;
      // Where the connection is lost this fails as well; what is to be seen is why the part failed.
      await sql`rollback to savepoint ${name}`.execute(this.trx).catch(() => undefined);
      throw error;
    }
  }

  /** What is to be done after the commit; for `ServiceDatabase`. */
  get followUps(): readonly FollowUp[] {
    return this.#followUps;
  }
}

/** A service's database as its use cases see it: they read with `db`, and change with `transact`. */
export class ServiceDatabase<Tables> {
  /** For reads. */
  readonly db: Kysely<Tables>;
  readonly clock: Clock;
  /** Payloads of bulk events that were committed here, for a relay in the same process. */
  readonly keptPayloads = new KeptPayloads();
  readonly #notifier: Notifier;
  readonly #hints: HintSender | undefined;

  /** @param options.hints where hints go; without it nobody hears them */
  constructor(db: Kysely<Tables>, options: { clock: Clock; hints?: HintSender | undefined }) {
    this.db = db;
    this.clock = options.clock;
    this.#notifier = new Notifier(db);
    this.#hints = options.hints;
  }

  /**
   * Runs a unit of work in one transaction (READ COMMITTED), commits it, and does what follows from it. A transaction
   * that changed nothing and may succeed the next time is tried again, with a new unit.
   * @param clock where the work's moment comes from, if not from the database's own clock
   * @throws what `run` throws; nothing has changed then, and nothing follows.
   */
  async transact<Result>(
    run: (work: UnitOfWork<Tables>) => Promise<Result>,
    clock: Clock = this.clock,
  ): Promise<Result> {
    const { result, followUps } = await inTransaction(this.db, async (trx) => {
      const work = new UnitOfWork(trx, clock);
      return { result: await run(work), followUps: work.followUps };
    });
    for (const each of followUps) {
      if ('wake' in each) this.wake(each.wake);
      else if ('hint' in each) this.#hints?.send(each.hint);
      else this.keptPayloads.keep(each.keep.eventId, each.keep.payload);
    }
    return result;
  }

  /** Wakes a loop in all processes of the service now. */
  wake(loop: LoopName): void {
    this.#notifier.notify(loop);
  }
}

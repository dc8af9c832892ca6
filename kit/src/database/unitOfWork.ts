import { type Columns, type EventDefinition, encodeColumns } from '@ates/schema/event';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../process/clock.ts';
import { newId } from '../process/ids.ts';
import { type LoopName, Notifier } from './notifications.ts';
import { KeptPayloads, type Lane } from './outbox.ts';
import { inTransaction } from './transactions.ts';

/** Tells live views to read something again. It carries no data, and it may be lost. */
export interface Hint {
  /** What may have changed, such as `balances`. */
  readonly topic: string;
  /** The ids of what may have changed; null for all. */
  readonly keys: readonly string[] | null;
  /** After a bulk change, views may wait for further hints. */
  readonly lane: Lane;
}

/** Sends hints to the live views in all processes of a service; it neither waits nor throws. */
export interface HintSender {
  send(hint: Hint): void;
}

/** An event does not match its schema: a bug in the producer. Its transaction is rolled back. */
export class EventSchemaError extends Error {
  override name = 'EventSchemaError';
}

/** What is to be done after the commit of a unit of work. */
type FollowUp = { wake: LoopName } | { hint: Hint } | { keep: { eventId: string; payload: string } };

/**
 * One transaction of a use case: its statements, its moment, and what follows from it. Events are appended inside the
 * transaction. Loops are woken and live views are hinted after its commit, and only then. Each try of a transaction gets a
 * new unit of work, so a try that was rolled back has no consequences.
 */
export class UnitOfWork<Tables> {
  /** The transaction, for SQL. */
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

  /** The moment of this work: its start, or the last call of `readClock`. */
  get now(): Date {
    return this.#now;
  }

  /** Reads the clock again and returns the moment, for a use case that has waited for a lock. */
  readClock(): Date {
    this.#now = this.#clock.now();
    return this.#now;
  }

  /**
   * Appends an event to the outbox, with a delivery for each consumer. The relay is woken after the commit. Deliveries are
   * due at once, also where this process's clock is ahead of the database's.
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

  /** Wakes a loop in all processes of the service, after the commit. */
  wake(loop: LoopName): void {
    const isWoken = this.#followUps.some((each) => 'wake' in each && each.wake === loop);
    if (!isWoken) this.#followUps.push({ wake: loop });
  }

  /** Hints the live views in all processes of the service, after the commit. */
  hint(topic: string, keys: readonly string[] | null, lane: Lane): void {
    this.#followUps.push({ hint: { topic, keys, lane } });
  }

  /**
   * Runs a part of the work under a savepoint. Where it throws, its statements are rolled back, its consequences (events,
   * wakes, hints) are dropped, and the error is thrown on.
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
      // With a lost connection this fails, too; the caller shall see the first error.
      await sql`rollback to savepoint ${name}`.execute(this.trx).catch(() => undefined);
      throw error;
    }
  }

  /** What `ServiceDatabase` has to do after the commit. */
  get followUps(): readonly FollowUp[] {
    return this.#followUps;
  }
}

/** A service's database, as its use cases see it: they read with `db` and write with `transact`. */
export class ServiceDatabase<Tables> {
  /** For reads. */
  readonly db: Kysely<Tables>;
  readonly clock: Clock;
  /** Payloads of bulk events that this process has committed, for its own relay. */
  readonly keptPayloads = new KeptPayloads();
  readonly #notifier: Notifier;
  readonly #hints: HintSender | undefined;

  /** @param options.hints where hints go; without it they are dropped */
  constructor(db: Kysely<Tables>, options: { clock: Clock; hints?: HintSender | undefined }) {
    this.db = db;
    this.clock = options.clock;
    this.#notifier = new Notifier(db);
    this.#hints = options.hints;
  }

  /**
   * Runs a unit of work in one transaction (READ COMMITTED), commits it, and does what follows from it. After a deadlock or
   * a serialisation failure it runs again, with a new unit of work.
   * @param clock the source of the work's moment, where it is not this database's `clock`
   * @throws what `run` throws; then nothing has changed, and nothing follows.
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

  /** Wakes a loop in all processes of the service, now. */
  wake(loop: LoopName): void {
    this.#notifier.notify(loop);
  }
}

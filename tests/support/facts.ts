import type { Company } from '@ates/accounting/domain/company';
import { drawPrice } from '@ates/accounting/domain/price';
import { listUnfinishedRuns } from '@ates/accounting/payoutRepository';
import type { AccountingTables } from '@ates/accounting/tables';
import { auditLedger } from '@ates/accounting/usecases/auditLedger';
import { openCompany } from '@ates/accounting/usecases/openCompany';
import { runPayoutBatch } from '@ates/accounting/usecases/runPayoutBatch';
import type { HintSender, ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { type Applied, applyDelivery } from '@ates/kit/events/apply';
import type { Delivery, EventHandler } from '@ates/kit/events/handlers';
import type { InboxTables } from '@ates/kit/events/inbox';
import type { BatchOutcome } from '@ates/kit/events/runs';
import { newId } from '@ates/kit/process/ids';
import { type EventDefinition, encodeColumns, type Fact, toColumns } from '@ates/schema/event';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import { accountingHandlers } from '@ates/workers/accounting';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { expect } from 'vitest';
import { asSuperuser, cloneDatabase, openTestDatabase, workOn } from './databases.ts';
import { TestClock } from './exchange.ts';

/** The key that prices are drawn with in tests, so that a test knows a task's price beforehand. */
export const testPriceKey = 'a price key for the tests only';

/** An id that a test can name: `idOf(0xa, 1)` sorts before `idOf(0xa, 2)`. */
export const idOf = (kind: number, n: number): string =>
  `${kind.toString(16).padStart(8, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

const moment = (at: string | Date) => new Date(at).toISOString();

/** Returns one state of a user, as auth publishes it. */
export const userFact = (
  userId: string,
  state: Partial<Omit<Fact<typeof usersChanged>, 'userId'>> = {},
): Fact<typeof usersChanged> => ({
  userId,
  version: 1,
  name: 'Kiwi Budgerigar',
  email: 'kiwi@popug.example',
  role: 'EMPLOYEE',
  active: true,
  createdAt: '2026-01-01T00:00:00.000Z',
  occurredAt: '2026-01-01T00:00:00.000Z',
  ...state,
});

export const createdFact = (taskId: string, at: string | Date): Fact<typeof tasksCreated> => ({
  taskId,
  title: 'Clean the cage',
  jiraId: 'POPUG-42',
  creatorId: idOf(0xc, 0),
  occurredAt: moment(at),
});

export const assignedFact = (
  taskId: string,
  assigneeId: string,
  at: string | Date,
  assignmentId = newId(),
): Fact<typeof tasksAssigned> => ({
  assignmentId,
  taskId,
  title: 'Clean the cage',
  jiraId: 'POPUG-42',
  assigneeId,
  occurredAt: moment(at),
});

export const resolvedFact = (
  taskId: string,
  assigneeId: string,
  at: string | Date,
): Fact<typeof tasksResolved> => ({
  taskId,
  title: 'Clean the cage',
  jiraId: 'POPUG-42',
  assigneeId,
  occurredAt: moment(at),
});

/** Returns an event as the queue would bring it. */
export const deliveryOf = <Definition extends EventDefinition>(
  definition: Definition,
  facts: readonly Fact<Definition>[],
  eventId = newId(),
): Delivery => ({
  eventId,
  event: definition.name,
  lane: 'interactive',
  payload: encodeColumns(toColumns(definition, facts)),
});

/** Applies a delivery as the consumer's worker would, with the handler that belongs to it. */
export function deliver<Tables extends InboxTables>(
  database: ServiceDatabase<Tables>,
  consumer: string,
  handlers: readonly EventHandler<Tables>[],
  delivery: Delivery,
): Promise<Applied> {
  const handler = handlers.find(({ event }) => event.name === delivery.event);
  if (!handler) throw new Error(`${consumer} has no handler for ${delivery.event}`);
  return applyDelivery(database, consumer, handler, delivery);
}

/** Accounting's database with open books, and facts that reach it as they would in production. */
export interface TestBooks {
  readonly url: string;
  readonly db: Kysely<AccountingTables>;
  readonly database: ServiceDatabase<AccountingTables>;
  readonly clock: TestClock;
  readonly company: Company;
  /** Opens another pool on the same database, as another process would. */
  connect(): ServiceDatabase<AccountingTables>;
  tell<Definition extends EventDefinition>(
    definition: Definition,
    facts: readonly Fact<Definition>[],
  ): Promise<void>;
  /** Returns an assignment of now, of a new task unless one is given. */
  assignment(assigneeId: string, taskId?: string): Fact<typeof tasksAssigned>;
  /** Assigns a task to a user, now unless another moment is given. Returns the fee in cents. */
  charge(taskId: string, assigneeId: string, at?: string): Promise<number>;
  /** Completes a task as a user. Returns the reward in cents. */
  reward(taskId: string, assigneeId: string, at?: string): Promise<number>;
  /** Carries out every payout run, in small batches. */
  payOut(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens books in a new database, from a moment on.
 * @param options.hints where the hints of its use cases go
 */
export async function openTestBooks(
  startsAt: string,
  { timeZone = 'UTC', hints }: { timeZone?: string | undefined; hints?: HintSender } = {},
): Promise<TestBooks> {
  const url = await cloneDatabase('accounting');
  const pools: Kysely<AccountingTables>[] = [];
  const connect = () => {
    const db = openTestDatabase<AccountingTables>(url);
    pools.push(db);
    return workOn(db, clock, hints);
  };
  const clock = new TestClock(startsAt);
  const database = connect();
  const { db } = database;
  const company = await openCompany(db, clock, { timeZone, priceKey: testPriceKey });
  const handlers = accountingHandlers(company);
  const opened: TestBooks = {
    url,
    db,
    database,
    clock,
    company,
    connect,
    async tell(definition, facts) {
      const applied = await deliver(database, 'accounting', handlers, deliveryOf(definition, facts));
      expect(applied).toBe('applied');
    },
    assignment: (assigneeId, taskId = newId()) => assignedFact(taskId, assigneeId, clock.now()),
    async charge(taskId, assigneeId, at = clock.now().toISOString()) {
      await opened.tell(tasksAssigned, [assignedFact(taskId, assigneeId, at)]);
      return drawPrice(testPriceKey, taskId).feeCents;
    },
    async reward(taskId, assigneeId, at = clock.now().toISOString()) {
      await opened.tell(tasksResolved, [resolvedFact(taskId, assigneeId, at)]);
      return drawPrice(testPriceKey, taskId).rewardCents;
    },
    async payOut() {
      for (;;) {
        const unfinished = await listUnfinishedRuns(db, new Date('2100-01-01'));
        if (unfinished.length === 0) return;
        for (const { id } of unfinished) await runPayoutBatch(database, id, 7);
      }
    },
    async close() {
      await Promise.all(pools.map((pool) => pool.destroy()));
    },
  };
  return opened;
}

/** Expects that every stored sum is that of its entries, and that the company's side balances it (`ledgerAudit`). */
export async function expectSoundBooks(db: Kysely<AccountingTables>): Promise<void> {
  expect(await auditLedger(db)).toMatchObject({ ok: true, imbalanceCents: 0, mismatchedAccountIds: [] });
}

/** Returns the balances of accounts in cents. */
export async function balancesOf(db: Kysely<AccountingTables>): Promise<Record<string, number>> {
  const rows = await db.selectFrom('account').select(['id', 'balance_cents']).execute();
  return Object.fromEntries(rows.map((row) => [row.id, row.balance_cents]));
}

/** Runs statements with the rights of a superuser on a service's database, to break or to mend something. */
export async function behindTheScenes<Result>(
  databaseUrl: string,
  run: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: asSuperuser(databaseUrl) });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

/**
 * Kills the database connection of some work in mid-transaction, as a crash would: the work waits for a table that it
 * writes late, and is cut off while it waits. Returns the outcome of the work.
 */
export async function killWhenItWrites<Result>(
  databaseUrl: string,
  table: string,
  work: () => Promise<Result>,
): Promise<PromiseSettledResult<Result>> {
  return behindTheScenes(databaseUrl, async (client) => {
    await client.query('begin');
    await client.query(`lock table ${table} in share mode`);
    const outcome = Promise.allSettled([work()]);
    await cutOffWhoWaits(client);
    await client.query('rollback');
    return (await outcome)[0]!;
  });
}

/** Waits until another connection waits for a lock of this one, and ends the other one. */
export async function cutOffWhoWaits(client: pg.Client): Promise<void> {
  for (const end = Date.now() + 10_000; ; ) {
    // Not pg_stat_activity: within a transaction it stays as it was first read.
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_locks
       where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))`,
    );
    if (rowCount) return;
    if (Date.now() > end) throw new Error('nobody came to wait for the lock');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Carries out a payout run batch by batch, as its worker does. Throws where it does not end in 100 batches. */
export async function finishRun(
  database: ServiceDatabase<AccountingTables>,
  runId: string,
  batchSize?: number,
): Promise<BatchOutcome> {
  for (let batches = 0; batches < 100; batches++) {
    const outcome = await runPayoutBatch(database, runId, batchSize);
    if (outcome !== 'more') return outcome;
  }
  throw new Error(`payout run ${runId} does not come to an end`);
}

/** Counts the rows of a table. */
export async function countRows<Tables>(db: Kysely<Tables>, table: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db);
  return rows[0]!.n;
}

export { tasksAssigned, tasksCreated, tasksResolved, usersChanged };

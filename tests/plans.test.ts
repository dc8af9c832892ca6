import { sumCompanyDays } from '@ates/accounting/companyRepository';
import type { Entry } from '@ates/accounting/domain/ledger';
import * as ledger from '@ates/accounting/ledgerRepository';
import { lockDueMail, writeClaims } from '@ates/accounting/mailRepository';
import { findPrices, insertPrices } from '@ates/accounting/priceRepository';
import type { AccountingTables } from '@ates/accounting/tables';
import { chargeFees } from '@ates/accounting/usecases/chargeFees';
import { openCompany } from '@ates/accounting/usecases/openCompany';
import { insertFacts, listDays, upsertBalances } from '@ates/analytics/repository';
import type { AnalyticsTables } from '@ates/analytics/tables';
import { countAssignments } from '@ates/analytics/usecases/countAssignments';
import { countEntries } from '@ates/analytics/usecases/countEntries';
import { deleteSigningKeys, findUsers } from '@ates/auth/repository';
import type { AuthTables } from '@ates/auth/tables';
import type { OutboxTables } from '@ates/kit/database/outbox';
import { findUserStates } from '@ates/kit/database/userCopies';
import { takeDeliveries } from '@ates/kit/events/deliveries';
import { systemClock, systemRandom } from '@ates/kit/process/clock';
import { newId } from '@ates/kit/process/ids';
import type { Columns } from '@ates/schema/event';
import type { entriesPosted } from '@ates/schema/events/accounting.entries_posted.v1';
import type { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { assignNextTasks } from '@ates/tracker/reassignmentRepository';
import type { TrackerTables } from '@ates/tracker/tables';
import {
  countOpenTasks,
  findTasks,
  listAssignmentsOfTasks,
  listTasksOfUsers,
} from '@ates/tracker/taskRepository';
import { listTasks } from '@ates/tracker/taskSearchRepository';
import { runReassignmentBatch } from '@ates/tracker/usecases/runReassignmentBatch';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asSuperuser, cloneDatabase, type ServiceName, workOn } from './support/databases.ts';

/**
 * How PostgreSQL executes frequent and bulk statements: by indexes, in tables of tens of thousands of rows. Times
 * would differ from machine to machine; a plan that reads a whole table is wrong on each.
 */
const big = [
  'task',
  'open_task',
  'assignment',
  'ledger_entry',
  'account',
  'account_day',
  'task_price',
  'payout',
  'payout_mail',
  'counted_fact',
  'account_balance',
  'outbox_delivery',
  'outbox_event',
];

/** A service's database. Its statements are noted and explained. */
interface Watched<Tables> {
  readonly db: Kysely<Tables>;
  readonly pool: pg.Pool;
  /** Returns the big tables that statements of `run` would read from end to end, with these statements. */
  wholeTables(run: (trx: Transaction<Tables>) => Promise<unknown>): Promise<string[]>;
  /** Counts the statements of `run`. */
  statements(run: () => Promise<unknown>): Promise<number>;
}

async function watch<Tables>(service: ServiceName): Promise<Watched<Tables>> {
  const noted: { sql: string; parameters: readonly unknown[] }[] = [];
  // Parses values as the services do.
  const types = {
    getTypeParser: (oid: number, format?: 'text') =>
      oid === pg.types.builtins.INT8
        ? Number
        : oid === pg.types.builtins.DATE
          ? String
          : pg.types.getTypeParser(oid, format as 'text'),
  } as pg.CustomTypesConfig;
  const pool = new pg.Pool({ connectionString: asSuperuser(await cloneDatabase(service)), max: 1, types });
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query: { sql, parameters } }) => void noted.push({ sql, parameters }),
  });
  return {
    db,
    pool,
    async statements(run) {
      noted.length = 0;
      await run();
      return noted.length;
    },
    async wholeTables(run) {
      noted.length = 0;
      await db.transaction().execute(run);
      const statements = noted.filter(({ sql }) => !/^(begin|commit)/.test(sql));
      expect(statements.length).toBeGreaterThan(0);
      const found: string[] = [];
      const client = await pool.connect();
      try {
        await client.query('begin');
        for (const { sql, parameters } of statements) {
          // These settings affect the plans of the statements after it.
          if (sql.includes('set_config')) await client.query(sql, [...parameters]);
          const { rows } = await client.query(`explain (format json) ${sql}`, [...parameters]);
          for (const table of seqScans(rows[0]['QUERY PLAN']))
            if (big.includes(table)) found.push(`${table}: ${sql}`);
        }
        await client.query('rollback');
      } finally {
        client.release();
      }
      return found;
    },
  };
}

function seqScans(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return [];
  const own =
    'Node Type' in plan && plan['Node Type'] === 'Seq Scan' && 'Relation Name' in plan
      ? [String(plan['Relation Name'])]
      : [];
  return [...own, ...Object.values(plan).flatMap(seqScans)];
}

const people = Array.from({ length: 200 }, newId);
const somebody = people[7] as string;

describe('tracker, with 30,000 open and 30,000 done tasks', () => {
  let tracker: Watched<TrackerTables>;
  let ids: string[];
  beforeAll(async () => {
    tracker = await watch('tracker');
    await tracker.pool.query(
      `create temp table made as select uuidv7() as id, uuidv7() as assignment_id, n, n % 2 = 0 as open,
         ($1::uuid[])[1 + (n / 2) % cardinality($1::uuid[])] as assignee_id from generate_series(1, 60000) as n`,
      [people],
    );
    await tracker.pool.query(
      `insert into task (id, title, jira_id, description, creator_id, created_at, resolved_at, assignee_id, assignment_id, assigned_at)
       select id, 'Clean the cage no. ' || n, 'POPUG-' || n, '', assignee_id, now(), case when not open then now() end,
         case when not open then assignee_id end, case when not open then assignment_id end, case when not open then now() end
       from made`,
    );
    await tracker.pool.query(
      'insert into open_task select id, assignee_id, assignment_id, now() from made where open',
    );
    await tracker.pool.query('insert into assignment select assignment_id, id, assignee_id, now() from made');
    await tracker.pool.query('vacuum analyze');
    ids = (await tracker.pool.query('select task_id as id from open_task order by task_id')).rows.map(
      ({ id }) => id,
    );
  });
  afterAll(() => tracker.db.destroy());

  const nothing = { status: null, assigneeId: null, creatorId: null, search: null };
  test.each([
    ['all', {}],
    ['in progress', { status: 'IN_PROGRESS' }],
    ['done', { status: 'DONE' }],
    ['of an assignee', { assigneeId: somebody }],
    ['of an assignee, in progress', { assigneeId: somebody, status: 'IN_PROGRESS' }],
    ['of an assignee, done', { assigneeId: somebody, status: 'DONE' }],
    ['of nobody', { assigneeId: newId() }],
    ['of a creator', { creatorId: somebody }],
    ['with a word that is rare', { search: 'POPUG-4711' }],
    ['with a word that is nowhere', { search: 'xylophone' }],
    ['with two letters', { search: 'xy' }],
  ] as const)('tasks: %s', async (_, filter) => {
    expect(
      await tracker.wholeTables((trx) =>
        listTasks(trx, { ...nothing, ...filter }, { first: 50, after: null }),
      ),
    ).toEqual([]);
  });

  test.each([null, 'IN_PROGRESS', 'DONE'] as const)("people's tasks, status %s", async (status) => {
    const some = people.slice(0, 20);
    expect(
      await tracker.wholeTables((trx) => listTasksOfUsers(trx, some, { status, first: 50, after: null })),
    ).toEqual([]);
  });

  test('what belongs to a hundred tasks', async () => {
    const hundred = ids.slice(0, 100);
    expect(
      await tracker.wholeTables(async (trx) => {
        await findTasks(trx, hundred);
        await listAssignmentsOfTasks(trx, hundred, { first: 10, after: null });
        await countOpenTasks(trx, people.slice(0, 5));
      }),
    ).toEqual([]);
  });

  test('a batch of a reassignment', async () => {
    const draws = {
      assigneeIds: ids.slice(0, 1_000).map(() => somebody),
      assignmentIds: Array.from({ length: 1_000 }, newId),
    };
    const range = { after: ids[10_000] as string, until: ids.at(-1) as string };
    expect(
      await tracker.wholeTables((trx) =>
        assignNextTasks(trx, range, draws, { id: newId(), now: new Date() }),
      ),
    ).toEqual([]);
  });

  test('a batch takes as many statements for a thousand tasks as for ten', async () => {
    const id = newId();
    await tracker.pool.query(
      "insert into user_copy (id, version, role, active) select unnest($1::uuid[]), 1, 'EMPLOYEE', true",
      [people],
    );
    await tracker.pool.query(
      `insert into reassignment (id, status, requested_by, requested_at, progressed_at) values ($1, 'QUEUED', $2, now(), now())`,
      [id, somebody],
    );
    const database = workOn(tracker.db);
    const batch = (size: number) =>
      tracker.statements(async () => {
        expect(await runReassignmentBatch(database, systemRandom, id, size)).toBe('more');
      });
    await batch(10);
    expect(await batch(1_000)).toBe(await batch(10));
  });
});

/** Facts in columns, as use cases get them: their statements are the same for ten as for a thousand. */
const moments = (count: number) => Array.from({ length: count }, () => '2026-02-01T10:00:00.000Z');
const newIds = (count: number) => Array.from({ length: count }, newId);
const assigned = (count: number): Columns<typeof tasksAssigned> => ({
  assignmentId: newIds(count),
  taskId: newIds(count),
  title: Array.from({ length: count }, (_, at) => `Task ${at}`),
  jiraId: Array.from({ length: count }, () => null),
  assigneeId: Array.from({ length: count }, (_, at) => people[at % people.length] as string),
  occurredAt: moments(count),
});

describe('accounting, with 60,000 entries of 2,000 accounts', () => {
  let accounting: Watched<AccountingTables>;
  let accounts: string[];
  beforeAll(async () => {
    accounting = await watch('accounting');
    await accounting.pool.query(
      'insert into account (id, last_number) select uuidv7(), 30 from generate_series(1, 2000)',
    );
    await accounting.pool.query(
      `insert into ledger_entry (id, kind, account_id, debit_account, credit_account, amount_cents, number,
         balance_after_cents, day, occurred_at, posted_at, description, task_id)
       select uuidv7(), 'ASSIGNMENT_FEE', a.id, a.id, '00000000-0000-4000-8000-00000000000f', 1000, n, -1000 * n,
         date '2026-01-01' + n, now(), now(), 'Fee', uuidv7() from account a, generate_series(1, 30) as n`,
    );
    await accounting.pool.query(
      `insert into account_day select account_id, day, 1000, 0, 0, min(number), max(number) from ledger_entry group by 1, 2`,
    );
    await accounting.pool.query('insert into task_price select task_id, 1000, 2000 from ledger_entry');
    await accounting.pool.query(
      `insert into payout select uuidv7(), a.id, date '2026-01-01' + n, 1000, now() from account a, generate_series(1, 10) as n`,
    );
    await accounting.pool.query(`insert into payout_mail select id, 'PENDING', 0, now() from payout`);
    await accounting.pool.query('vacuum analyze');
    accounts = (await accounting.pool.query('select id from account order by id')).rows.map(({ id }) => id);
  });
  afterAll(() => accounting.db.destroy());

  test('lists', async () => {
    const some = accounts.slice(500, 550);
    expect(
      await accounting.wholeTables(async (trx) => {
        await ledger.listAccounts(trx, { first: 50, after: accounts[700] as string });
        await ledger.findEarned(trx, some, '2026-01-20');
        await ledger.listEntriesOfAccounts(trx, some, { day: null, first: 50, after: null });
        await ledger.listEntriesOfAccounts(trx, some, { day: '2026-01-20', first: 50, after: null });
        await ledger.listDaysOfAccounts(trx, some, { first: 50, after: null });
        await sumCompanyDays(trx, ['2026-01-30', '2026-01-31']);
      }),
    ).toEqual([]);
  });

  test('a batch of charges', async () => {
    const charged = accounts.slice(0, 700);
    const entries = charged.map(
      (accountId): Entry => ({
        id: newId(),
        kind: 'ASSIGNMENT_FEE',
        accountId,
        amountCents: 1_000,
        day: '2026-02-01',
        occurredAt: '2026-02-01T10:00:00.000Z',
        description: 'Fee',
        taskId: newId(),
        number: 31,
        balanceAfterCents: -31_000,
      }),
    );
    const tasks = entries.map(({ taskId }) => taskId as string);
    expect(
      await accounting.wholeTables(async (trx) => {
        await ledger.lockForPosting(trx);
        await insertPrices(
          trx,
          tasks.map((taskId) => ({ taskId, feeCents: 1_000, rewardCents: 2_000 })),
        );
        await findPrices(trx, tasks);
        await ledger.lockAccounts(trx, charged);
        await ledger.insertEntries(trx, entries, new Date());
        await ledger.writeAccounts(
          trx,
          charged.map((id) => ({ id, balanceCents: -31_000, lastNumber: 31 })),
          charged.map((accountId) => ({
            accountId,
            day: '2026-02-01',
            feesCents: 1_000,
            rewardsCents: 0,
            paidOutCents: 0,
            firstNumber: 31,
            lastNumber: 31,
          })),
        );
        await ledger.lockNextAccounts(trx, accounts[100] as string, 500);
        await ledger.sumLaterDays(trx, charged, '2026-01-20');
      }),
    ).toEqual([]);
  });

  test('mail that is due', async () => {
    expect(
      await accounting.wholeTables(async (trx) => {
        const due = await lockDueMail(trx, new Date(), 5);
        expect(due).toHaveLength(5);
        await writeClaims(
          trx,
          due.map((mail) => ({ kind: 'defer', mail, nextAt: new Date(), why: 'no address' })),
        );
      }),
    ).toEqual([]);
  });

  test('charges take as many statements for a thousand facts as for ten', async () => {
    const company = await openCompany(accounting.db, systemClock, { timeZone: 'UTC', priceKey: undefined });
    const context = { lane: 'bulk' as const, company };
    const database = workOn(accounting.db);
    const charge = (count: number) =>
      accounting.statements(() => database.transact((work) => chargeFees(work, assigned(count), context)));
    await charge(1_000);
    expect(await charge(1_000)).toBe(await charge(10));
  });
});

test('a list of ids of any length is the same statement, so that a connection plans it once', async () => {
  const texts = async <Tables>(
    service: ServiceName,
    run: (db: Kysely<Tables>, ids: string[]) => Promise<unknown>,
  ) => {
    const noted = new Set<string>();
    const pool = new pg.Pool({ connectionString: asSuperuser(await cloneDatabase(service)), max: 1 });
    const db = new Kysely<Tables>({
      dialect: new PostgresDialect({ pool }),
      log: ({ query }) => void noted.add(query.sql),
    });
    for (const length of [1, 2, 7, 200]) await run(db, newIds(length));
    await db.destroy();
    return [...noted];
  };
  expect(await texts<AuthTables>('auth', findUsers)).toHaveLength(1);
  expect(await texts<TrackerTables>('tracker', findUserStates)).toHaveLength(1);
  expect(await texts<AccountingTables>('accounting', findUserStates)).toHaveLength(1);
  expect(await texts<AnalyticsTables>('analytics', findUserStates)).toHaveLength(1);
  expect(
    await texts<AuthTables>('auth', (db, ids) =>
      db.transaction().execute((trx) => deleteSigningKeys(trx, ids)),
    ),
  ).toEqual(['begin', expect.stringContaining('signing_key'), 'commit']);
});

describe('an outbox, with 60,000 events for three consumers each', () => {
  test.each([
    ['that wait', "-n * interval '1 ms'", 0],
    ['that a producer ten days ahead has left', "interval '10 days' + n * interval '1 ms'", 0],
    ['that a relay ten days ahead has sent', "interval '10 days' + n * interval '1 ms'", 1],
  ])('what is due, of events %s', async (_, ahead, attempts) => {
    const outbox = await watch<OutboxTables>('auth');
    await outbox.pool.query(
      `with event as (
         insert into outbox_event select uuidv7(), 'e', '{}', now() from generate_series(1, 60000) returning id
       )
       insert into outbox_delivery (event_id, consumer, lane, next_at, attempts)
       select id, unnest(array['tracker', 'accounting', 'analytics']), 'interactive', now() + ${ahead}, $1
       from (select id, row_number() over () as n from event) e`,
      [attempts],
    );
    await outbox.pool.query('vacuum analyze');
    const due = { lane: 'interactive', consumer: 'accounting', window: 500, resendAfterMs: 30_000 } as const;
    expect(
      await outbox.wholeTables(async (trx) => {
        expect(await takeDeliveries(trx, { ...due, now: new Date() })).toHaveLength(500);
      }),
    ).toEqual([]);
    await outbox.db.destroy();
  });
});

describe('analytics, with 60,000 facts and 20,000 accounts', () => {
  let analytics: Watched<AnalyticsTables>;
  beforeAll(async () => {
    analytics = await watch('analytics');
    await analytics.pool.query('insert into counted_fact select 2, uuidv7() from generate_series(1, 60000)');
    await analytics.pool.query(
      'insert into account_balance select uuidv7(), 1, case when n % 50 = 0 then -1000 else 1000 end from generate_series(1, 20000) as n',
    );
    await analytics.pool.query('vacuum analyze');
  });
  afterAll(() => analytics.db.destroy());

  test('days, and a batch of entries', async () => {
    expect(
      await analytics.wholeTables(async (trx) => {
        await listDays(trx, { from: '2026-01-01', to: '2026-12-31' }, '2026-11-21');
        await insertFacts(trx, 4, Array.from({ length: 1_000 }, newId));
        await upsertBalances(
          trx,
          people.map((accountId) => ({ accountId, number: 1, balanceCents: -1_000 })),
        );
      }),
    ).toEqual([]);
  });

  test('facts take as many statements for a thousand as for ten', async () => {
    const entries = (count: number): Columns<typeof entriesPosted> => ({
      entryId: newIds(count),
      kind: Array.from({ length: count }, () => 'ASSIGNMENT_FEE' as const),
      accountId: Array.from({ length: count }, (_, at) => people[at % people.length] as string),
      number: Array.from({ length: count }, (_, at) => at + 1),
      amountCents: Array.from({ length: count }, () => -1_000),
      balanceAfterCents: Array.from({ length: count }, () => -1_000),
      day: Array.from({ length: count }, () => '2026-02-01'),
      taskId: newIds(count),
      occurredAt: moments(count),
    });
    const countFacts = (count: number) =>
      analytics.statements(() =>
        workOn(analytics.db).transact(async (work) => {
          await countAssignments(work, assigned(count), 'UTC');
          await countEntries(work, entries(count), 'UTC');
        }),
      );
    expect(await countFacts(1_000)).toBe(await countFacts(10));
  });
});

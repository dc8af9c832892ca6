import { accountingSchema } from '@ates/accounting/migrations/schema';
import { analyticsSchema } from '@ates/analytics/migrations/schema';
import { trackerSchema } from '@ates/tracker/migrations/schema';
import type pg from 'pg';
import { type BenchCompany, settleStores } from '../company.ts';
import { say } from '../progress.ts';
import { createYardstickDatabase, dropYardstickDatabase, eachThousand, inTransaction } from './database.ts';

/** Tasks per second of each pass. */
export interface BareRates {
  readonly batched: readonly number[];
  readonly whole: readonly number[];
}

/**
 * The yardstick of `reassign`: writes the rows that a reassignment leaves in the tables of tracker, accounting and
 * analytics, by set-based SQL on one connection. It does so once in one statement per table, and once in batches of
 * 1,000 with a commit per service and batch, as events have it. There is no queue, no outbox and no other process, and
 * prices are random, not drawn from a key. Server, tables and indexes are the same, with a schema per service.
 */
export async function bareSqlReassignment(company: BenchCompany, size: number): Promise<BareRates> {
  const rates: Record<'batched' | 'whole', number[]> = { batched: [], whole: [] };
  for (const manner of ['batched', 'whole'] as const) {
    const client = await createTables(company, size);
    try {
      for (let pass = 1; pass <= 2; pass++) {
        await client.query('checkpoint');
        const seconds = await (manner === 'whole' ? inOneStatement(client) : inBatches(client));
        await assertWritten(client, size * pass);
        rates[manner].push(size / seconds);
        say(`bare SQL, ${manner}, ${size} tasks, pass ${pass}: ${Math.round(size / seconds)} tasks/s`);
      }
    } finally {
      await client.end();
    }
  }
  await dropYardstickDatabase(company);
  return rates;
}

/** Makes the services' tables, filled as the company's are before its first reassignment. */
async function createTables(company: BenchCompany, size: number): Promise<pg.Client> {
  const client = await createYardstickDatabase(company, {
    tracker: trackerSchema,
    accounting: accountingSchema,
    analytics: analyticsSchema,
  });
  await client.query('create table staff (n serial primary key, id uuid not null)');
  await client.query('insert into staff (id) select unnest($1::uuid[])', [company.employeeIds]);
  await client.query('insert into accounting.account (id) select id from staff');
  await client.query(
    `insert into tracker.open_task (task_id, assignee_id, assignment_id, assigned_at)
     select uuidv7(), s.id, uuidv7(), now() from generate_series(1, $1::int) as g (n)
     join staff s on s.n = 1 + g.n % (select count(*) from staff)`,
    [size],
  );
  await client.query(
    `insert into tracker.assignment (id, task_id, assignee_id, assigned_at)
     select assignment_id, task_id, assignee_id, assigned_at from tracker.open_task`,
  );
  await settleStores([client]);
  return client;
}

/** Returns the statements for the tasks in a range, by service; for all tasks where the range is `true`. */
function statements(run: string, range: string): Record<'tracker' | 'accounting' | 'analytics', string[]> {
  const fresh = `(select assignment_id as id, task_id, assignee_id, assigned_at from tracker.open_task where ${range}) a`;
  const charged = `${fresh} join accounting.task_price p on p.task_id = a.task_id`;
  return {
    tracker: [
      `update tracker.open_task o set assignee_id = s.id, assignment_id = uuidv7(), assigned_at = now()
       from (select task_id, 1 + floor(random() * (select count(*) from staff))::int as n from tracker.open_task where ${range}) d
       join staff s on s.n = d.n where o.task_id = d.task_id`,
      `insert into tracker.assignment (id, task_id, assignee_id, assigned_at, reassignment_id)
       select assignment_id, task_id, assignee_id, assigned_at, '${run}' from tracker.open_task where ${range}`,
    ],
    accounting: [
      `insert into accounting.task_price (task_id, fee_cents, reward_cents)
       select task_id, 100 * (10 + floor(random() * 11)), 100 * (20 + floor(random() * 21))
       from tracker.open_task where ${range} on conflict do nothing`,
      `insert into accounting.ledger_entry (id, kind, account_id, debit_account, credit_account, amount_cents, number,
         balance_after_cents, day, occurred_at, posted_at, description, task_id)
       select a.id, 'ASSIGNMENT_FEE', c.id, c.id, '00000000-0000-4000-8000-00000000000f', p.fee_cents,
         c.last_number + row_number() over w, c.balance_cents - sum(p.fee_cents) over w, current_date, a.assigned_at, now(),
         'Fee for the task [POPUG-123456] Clean the mirror no. 123456', a.task_id
       from ${charged} join accounting.account c on c.id = a.assignee_id
       window w as (partition by a.assignee_id order by a.id)`,
      `insert into accounting.account_day as d (account_id, day, fees_cents, rewards_cents, paid_out_cents,
         first_number, last_number)
       select c.id, current_date, sum(p.fee_cents), 0, 0, c.last_number + 1, c.last_number + count(*)
       from ${charged} join accounting.account c on c.id = a.assignee_id group by c.id
       on conflict (account_id, day) do update set fees_cents = d.fees_cents + excluded.fees_cents,
         last_number = excluded.last_number`,
      `update accounting.account c set balance_cents = c.balance_cents - f.fees, last_number = c.last_number + f.n
       from (select a.assignee_id, sum(p.fee_cents) as fees, count(*) as n from ${charged} group by 1) f
       where c.id = f.assignee_id`,
    ],
    analytics: [
      `insert into analytics.counted_fact (kind, id)
       select kind, a.id from ${fresh} cross join (values (2), (4)) as k (kind)`,
      `insert into analytics.task_day as d (day, created, resolved, assignments)
       select current_date, 0, 0, count(*) from ${fresh}
       on conflict (day) do update set assignments = d.assignments + excluded.assignments`,
      `insert into analytics.money_day as d (day, fees_cents, rewards_cents, paid_out_cents)
       select current_date, sum(p.fee_cents), 0, 0 from ${charged}
       on conflict (day) do update set fees_cents = d.fees_cents + excluded.fees_cents`,
      `insert into analytics.account_balance as b (account_id, number, balance_cents)
       select c.id, c.last_number, c.balance_cents
       from accounting.account c where c.id in (select a.assignee_id from ${fresh})
       on conflict (account_id) do update set number = excluded.number, balance_cents = excluded.balance_cents`,
    ],
  };
}

async function newRun(client: pg.Client): Promise<string> {
  return (await client.query<{ id: string }>('select uuidv7() as id')).rows[0]?.id as string;
}

async function inOneStatement(client: pg.Client): Promise<number> {
  const run = await newRun(client);
  const began = performance.now();
  for (const list of Object.values(statements(run, 'true'))) await inTransaction(client, list);
  return (performance.now() - began) / 1_000;
}

async function inBatches(client: pg.Client): Promise<number> {
  const run = await newRun(client);
  return eachThousand(client, { table: 'tracker.open_task', column: 'task_id' }, async (range) => {
    for (const list of Object.values(statements(run, range))) await inTransaction(client, list);
  });
}

/** Checks that the yardstick has written every row: otherwise it would be no yardstick. */
async function assertWritten(client: pg.Client, expected: number): Promise<void> {
  const { rows } = await client.query<{ n: string }>(
    `select count(*) as n from accounting.ledger_entry
     union all select count(*) from tracker.assignment where reassignment_id is not null
     union all select sum(assignments) from analytics.task_day
     union all select count(*) / 2 from analytics.counted_fact
     union all select sum(number) from analytics.account_balance`,
  );
  for (const { n } of rows)
    if (Number(n) !== expected) throw new Error(`the yardstick wrote ${n} instead of ${expected}`);
}

import { bigints, idArray, rowsOf, uuids } from '@ates/kit/database/rows';
import { type Kysely, sql, type Transaction } from 'kysely';
import {
  type AnalyticsDay,
  type DayRange,
  type ResolvedTask,
  type TaskReference,
  topManagementEarned,
} from './domain/figures.ts';
import type { AnalyticsTables, FactKind } from './tables.ts';

type Db = Kysely<AnalyticsTables>;
type Trx = Transaction<AnalyticsTables>;

// Every writing statement below takes its rows in ascending order of their key. Every use case runs its statements in
// the order of this file, where the rows that all batches share come last. So two batches wait for each other briefly,
// and cannot deadlock.

/**
 * Records facts by their business keys and returns the new keys: only these move counters. A key that comes twice, in
 * one batch or in two, is new once. Returns null where all are new: they nearly always are, and null saves sending a
 * thousand keys back.
 */
export async function insertFacts(
  trx: Trx,
  kind: FactKind,
  ids: readonly string[],
): Promise<Set<string> | null> {
  const { rows } = await sql<{ fresh: string[] | null }>`
    with added as (
      insert into counted_fact (kind, id)
      select ${kind}::smallint, id from unnest(${idArray(ids)}) as given (id) order by id
      on conflict do nothing
      returning id
    )
    select case when count(*) < ${ids.length} then coalesce(array_agg(id::text), '{}') end as fresh from added`.execute(
    trx,
  );
  const fresh = rows[0]?.fresh;
  return fresh ? new Set(fresh) : null;
}

/** Overwrites the balances of accounts whose stored number is lower. Each account comes once. */
export async function upsertBalances(
  trx: Trx,
  balances: readonly { accountId: string; number: number; balanceCents: number }[],
): Promise<void> {
  const rows = rowsOf({
    account_id: uuids(balances.map(({ accountId }) => accountId)),
    number: bigints(balances.map(({ number }) => number)),
    balance_cents: bigints(balances.map(({ balanceCents }) => balanceCents)),
  });
  await sql`
    insert into account_balance as own (${rows.names})
    select ${rows.values} from ${rows.from} order by account_id
    on conflict (account_id) do update
      set number = excluded.number, balance_cents = excluded.balance_cents
      where excluded.number > own.number`.execute(trx);
}

/** Stores the dearest task of each day where it is dearer than the stored one (see `isDearer`). Each day comes once. */
export async function upsertDearest(trx: Trx, tasks: readonly ResolvedTask[]): Promise<void> {
  await sql`
    insert into dearest_of_day as own (day, task_id, reward_cents, resolved_at)
    select day, task_id, reward_cents, resolved_at from unnest(
      ${tasks.map(({ day }) => day)}::date[], ${tasks.map(({ taskId }) => taskId)}::uuid[],
      ${tasks.map(({ rewardCents }) => rewardCents)}::bigint[],
      ${tasks.map(({ resolvedAt }) => resolvedAt)}::timestamptz[]
    ) as given (day, task_id, reward_cents, resolved_at)
    order by day
    on conflict (day) do update
      set task_id = excluded.task_id, reward_cents = excluded.reward_cents, resolved_at = excluded.resolved_at
      where (-excluded.reward_cents, excluded.resolved_at, excluded.task_id)
          < (-own.reward_cents, own.resolved_at, own.task_id)`.execute(trx);
}

/** What a batch adds to a day's money, in cents. */
export interface MoneyOfDay {
  feesCents: number;
  rewardsCents: number;
  paidOutCents: number;
}

/** Adds to the money of billing days. */
export async function addMoney(trx: Trx, days: ReadonlyMap<string, MoneyOfDay>): Promise<void> {
  const amounts = [...days.values()];
  await sql`
    insert into money_day as own (day, fees_cents, rewards_cents, paid_out_cents)
    select day, fees, rewards, paid_out from unnest(
      ${[...days.keys()]}::date[], ${amounts.map(({ feesCents }) => feesCents)}::bigint[],
      ${amounts.map(({ rewardsCents }) => rewardsCents)}::bigint[],
      ${amounts.map(({ paidOutCents }) => paidOutCents)}::bigint[]
    ) as given (day, fees, rewards, paid_out)
    order by day
    on conflict (day) do update set
      fees_cents = own.fees_cents + excluded.fees_cents,
      rewards_cents = own.rewards_cents + excluded.rewards_cents,
      paid_out_cents = own.paid_out_cents + excluded.paid_out_cents`.execute(trx);
}

/** The counters by calendar day. */
export type TaskCounter = 'created' | 'resolved' | 'assignments';

/** Adds to one counter of calendar days. */
export async function addToTaskDays(
  trx: Trx,
  counter: TaskCounter,
  days: ReadonlyMap<string, number>,
): Promise<void> {
  const added = (name: TaskCounter) =>
    name === counter ? sql`added` : sql.raw('0') /* the other counters stay as they are */;
  await sql`
    insert into task_day as own (day, created, resolved, assignments)
    select day, ${added('created')}, ${added('resolved')}, ${added('assignments')}
    from unnest(${[...days.keys()]}::date[], ${[...days.values()]}::bigint[]) as given (day, added)
    order by day
    on conflict (day) do update
      set ${sql.ref(counter)} = ${sql.ref(`own.${counter}`)} + ${sql.ref(`excluded.${counter}`)}`.execute(
    trx,
  );
}

/** Notes days that are closed; a day closes once. */
export async function insertClosedDays(
  trx: Trx,
  days: readonly { day: string; accountsInTheRed: number; closedAt: string }[],
): Promise<void> {
  await sql`
    insert into closed_day (day, accounts_in_the_red, closed_at)
    select day, in_the_red, closed_at from unnest(
      ${days.map(({ day }) => day)}::date[],
      ${days.map(({ accountsInTheRed }) => accountsInTheRed)}::bigint[],
      ${days.map(({ closedAt }) => closedAt)}::timestamptz[]
    ) as given (day, in_the_red, closed_at)
    order by day
    on conflict do nothing`.execute(trx);
}

/**
 * Returns the figures of every day of a range, newest first, in one statement; zeros where nothing happened. A closed
 * day has the accounts in the red at its closing, an open day those of now (rule 14). Open are the unclosed days from
 * the first entry or closing to today, or to the day after the last closed one where that is later.
 */
export async function listDays(db: Db, { from, to }: DayRange, today: string): Promise<AnalyticsDay[]> {
  const { rows } = await sql<{
    day: string;
    created: number;
    resolved: number;
    assignments: number;
    feesCents: number;
    rewardsCents: number;
    paidOutCents: number;
    inTheRed: number;
    dearestTaskId: string | null;
    dearestRewardCents: number | null;
  }>`
    select days.day,
      coalesce(task_day.created, 0) as created,
      coalesce(task_day.resolved, 0) as resolved,
      coalesce(task_day.assignments, 0) as assignments,
      coalesce(money_day.fees_cents, 0) as "feesCents",
      coalesce(money_day.rewards_cents, 0) as "rewardsCents",
      coalesce(money_day.paid_out_cents, 0) as "paidOutCents",
      case
        when closed_day.day is not null then closed_day.accounts_in_the_red
        when days.day between books.first_day and books.billing_day
          then (select count(*) from account_balance where in_the_red)
        else 0
      end as "inTheRed",
      dearest_of_day.task_id as "dearestTaskId",
      dearest_of_day.reward_cents as "dearestRewardCents"
    from (
      select ${from}::date + n as day from generate_series(0, ${to}::date - ${from}::date) as n
    ) as days
    cross join (
      select least((select min(day) from money_day), (select min(day) from closed_day)) as first_day,
        greatest(${today}::date, (select max(day) + 1 from closed_day)) as billing_day
    ) as books
    left join task_day on task_day.day = days.day
    left join money_day on money_day.day = days.day
    left join closed_day on closed_day.day = days.day
    left join dearest_of_day on dearest_of_day.day = days.day
    order by days.day desc`.execute(db);
  return rows.map((row) => ({
    day: row.day,
    topManagementEarned: topManagementEarned(row.feesCents, row.rewardsCents),
    employeesInTheRed: row.inTheRed,
    tasksCreated: row.created,
    tasksResolved: row.resolved,
    assignments: row.assignments,
    paidOut: row.paidOutCents,
    mostExpensiveTask:
      row.dearestTaskId === null || row.dearestRewardCents === null
        ? null
        : {
            period: 'DAY',
            from: row.day,
            to: row.day,
            reward: row.dearestRewardCents,
            task: { id: row.dearestTaskId },
          },
  }));
}

/** Returns the dearest task of a range of days, and its reward in cents. */
export async function findDearest(
  db: Db,
  { from, to }: DayRange,
): Promise<{ task: TaskReference; reward: number } | undefined> {
  const row = await db
    .selectFrom('dearest_of_day')
    .select(['task_id', 'reward_cents'])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .orderBy('reward_cents', 'desc')
    .orderBy('resolved_at')
    .orderBy('task_id')
    .limit(1)
    .executeTakeFirst();
  return row && { task: { id: row.task_id }, reward: row.reward_cents };
}
